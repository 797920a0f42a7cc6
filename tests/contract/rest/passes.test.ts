import { verifyToken } from '@guildhall/kit';
import {
  Meeting,
  MeetingPass,
  MeetingPassList,
  PassClaims,
  zoneAudience,
  type Policy,
} from '@guildhall/protocol';
import { until } from '@guildhall/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addForeignPerson, addPerson, owner, Person, signedIn, startCloud, type TestCloud } from './cloud.ts';
import { connectController, enableConnector, enrol, goLive, type ControlLink } from './node.ts';

const dayMs = 86_400_000;
let cloud: TestCloud;
let host: Person;
let link: ControlLink;
let policy: Policy;
let meeting: Meeting;

const create = async (by: Person, body: object = {}): Promise<Meeting> =>
  (await by.call('POST', '/api/v1/meetings', body)).parse(Meeting);
const passes = async (person: Person): Promise<MeetingPass[]> =>
  (await person.call('GET', '/api/v1/passes')).parse(MeetingPassList).passes;
const passFor = (person: Person, number: string, body: object = {}) =>
  person.call('POST', `/api/v1/meetings/${number}/pass`, body);
const claimsOf = (pass: string): Promise<PassClaims> =>
  verifyToken(pass, {
    schema: PassClaims,
    audience: zoneAudience(policy.zoneId),
    keysOf: () => policy.ticketKeys,
    clock: cloud.clock,
  });
/** The policy after what `work` changed. */
const policyAfter = async (work: () => Promise<unknown>): Promise<Policy> => {
  const { rev } = policy;
  await work();
  await expect.poll(() => policy.rev).toBeGreaterThan(rev);
  return policy;
};

beforeAll(async () => {
  cloud = await startCloud();
  host = await signedIn(cloud);
  const node = await enrol(cloud, await enableConnector(host));
  ({ link, policy } = await connectController(cloud, node));
  link.on('policy.changed', (told) => {
    policy = told.policy;
  });
  await goLive(host, link, node);
  await until('the policy of production', () => policy.mode === 'production');
});
afterAll(async () => {
  link.close();
  await cloud.close();
});
beforeEach(async () => {
  meeting = await create(host, { startsAtMs: cloud.clock.now() + dayMs });
});

describe('passes of the own meetings', () => {
  test('are for the next days, as host, signed with a key of the policy, the same participant each time', async () => {
    const far = await create(host, { startsAtMs: cloud.clock.now() + 30 * dayMs });
    const given = await passes(host);
    expect(given.map((one) => one.meeting.number)).not.toContain(far.number);
    const mine = given.find((one) => one.meeting.number === meeting.number);
    expect(mine).toMatchObject({ controllers: ['http://localhost:8802'], meeting: { role: 'host' } });
    const claims = await claimsOf(mine?.pass ?? '');
    expect(claims).toMatchObject({ typ: 'pass', role: 'host', zoneId: policy.zoneId });
    expect(claims.exp - claims.iat).toBe((7 * dayMs) / 1000);
    expect(claims.meeting).toMatchObject({ meetingId: meeting.meetingId, settings: meeting.settings });
    const again = (await passFor(host, meeting.number)).parse(MeetingPass);
    expect((await claimsOf(again.pass)).participantId).toBe(claims.participantId);
    expect(policy.passes).toMatchObject({ maxAgeMs: 7 * dayMs });
  });

  test('are only told to who is signed in, and only of the own', async () => {
    expect((await new Person(cloud.url).call('GET', '/api/v1/passes')).code).toBe('auth.required');
    const colleague = await addPerson(host, 'admin');
    expect(await passes(colleague)).toEqual([]);
    expect((await passFor(new Person(cloud.url), meeting.number)).code).toBe('auth.required');
  });
});

describe('the pass for a meeting of somebody else', () => {
  test('needs the passcode and is for a participant', async () => {
    const colleague = await addPerson(host, 'admin');
    expect((await passFor(colleague, meeting.number)).code).toBe('meeting.passcode-required');
    expect((await passFor(colleague, meeting.number, { passcode: 'wrong1' })).code).toBe(
      'meeting.wrong-passcode',
    );
    const given = (await passFor(colleague, meeting.number, { passcode: meeting.passcode })).parse(
      MeetingPass,
    );
    expect(await claimsOf(given.pass)).toMatchObject({ role: 'participant' });
    expect((await claimsOf(given.pass)).subject).toMatch(/^usr_/u);
  });

  test('is not given to people of another account', async () => {
    const foreigner = await addForeignPerson(cloud);
    const answer = await passFor(foreigner, meeting.number, { passcode: meeting.passcode });
    expect([answer.status, answer.code]).toEqual([403, 'auth.forbidden']);
    expect(await passes(foreigner)).toEqual([]);
  });
});

describe('the zone is told which passes are void', () => {
  const isVoid = (of: Policy, id: string): boolean =>
    of.passes?.revoked.some((one) => one.id === id) ?? false;

  test('a changed passcode or rule, a deleted meeting', async () => {
    const path = `/api/v1/meetings/${meeting.number}`;
    expect(
      isVoid(await policyAfter(() => host.call('PATCH', path, { passcode: 'fresh1' })), meeting.meetingId),
    ).toBe(true);
    const other = await create(host);
    expect(isVoid(policy, other.meetingId)).toBe(false);
    const settings = { lobby: true };
    const after = await policyAfter(() =>
      host.call('PATCH', `/api/v1/meetings/${other.number}`, { settings }),
    );
    expect(isVoid(after, other.meetingId)).toBe(true);
    const gone = await create(host);
    const last = await policyAfter(() => host.call('DELETE', `/api/v1/meetings/${gone.number}`));
    expect(isVoid(last, gone.meetingId)).toBe(true);
    // A new one is good: it was given after.
    const { pass } = (await passFor(host, meeting.number)).parse(MeetingPass);
    const since = last.passes?.revoked.find((one) => one.id === meeting.meetingId);
    expect((await claimsOf(pass)).issuedAtMs).toBeGreaterThan(since?.beforeMs ?? Infinity);
  });

  test('a changed password, a removed person', async () => {
    const person = await addPerson(host);
    const body = { currentPassword: person.password, newPassword: 'yellow submarines dive' };
    const changed = await policyAfter(() => person.call('PUT', '/api/v1/me/password', body));
    const mine = changed.passes?.revoked.at(0);
    expect(mine?.id).toMatch(/^usr_/u);
    const removed = await addPerson(host);
    const { users } = JSON.parse((await host.call('GET', '/api/v1/users')).text);
    const { userId } = users.find((one: { email: string }) => one.email === removed.email);
    const after = await policyAfter(() => host.call('DELETE', `/api/v1/users/${userId}`));
    expect(isVoid(after, userId)).toBe(true);
  });

  test('a change of where meetings may be held voids all that were given', async () => {
    const before = (await passFor(host, meeting.number)).parse(MeetingPass);
    const after = await policyAfter(() => host.call('PUT', '/api/v1/connector/mode', { mode: 'test' }));
    expect(after.passes?.voidBeforeMs).toBeGreaterThanOrEqual((await claimsOf(before.pass)).issuedAtMs);
    const member = await addPerson(host);
    const theirs = await create(member);
    // In test mode only test hosts use the connector.
    expect((await passFor(member, theirs.number)).code).toBe('connector.no-controller');
    expect(await passes(member)).toEqual([]);
    await policyAfter(() => host.call('PUT', '/api/v1/connector/mode', { mode: 'production' }));
    expect(await passes(member)).toHaveLength(1);
  });
});

test('passes can be turned off', async () => {
  await using strict = await startCloud({ config: { passDays: 0 } });
  const boss = await signedIn(strict, owner);
  const connected = await connectController(strict, await enrol(strict, await enableConnector(boss)));
  const { number } = await create(boss);
  expect(connected.policy.passes).toMatchObject({ maxAgeMs: 0 });
  expect(await passes(boss)).toEqual([]);
  expect((await passFor(boss, number)).code).toBe('auth.forbidden');
  connected.link.close();
});
