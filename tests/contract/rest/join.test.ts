import { verifyToken } from '@guildhall/kit';
import { JoinAnswer, Meeting, TicketClaims, zoneAudience, type Policy } from '@guildhall/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addForeignPerson, addPerson, Person, signedIn, startCloud, type TestCloud } from './cloud.ts';
import { connectController, enableConnector, enrol, goLive, type ControlLink } from './node.ts';

let cloud: TestCloud;
let host: Person;
let policy: Policy;
let link: ControlLink;
let meeting: Meeting;

const create = async (by: Person, body: object = {}): Promise<Meeting> =>
  (await by.call('POST', '/api/v1/meetings', body)).parse(Meeting);
const join = (person: Person, number: string, body: object = {}) =>
  person.call('POST', `/api/v1/meetings/${number}/join`, body);
const guest = (): Person => new Person(cloud.url);

beforeAll(async () => {
  cloud = await startCloud();
  host = await signedIn(cloud);
  const node = await enrol(cloud, await enableConnector(host));
  ({ link, policy } = await connectController(cloud, node));
  await goLive(host, link, node);
});
afterAll(async () => {
  link.close();
  await cloud.close();
});
beforeEach(async () => {
  meeting = await create(host);
});

const claimsOf = async (answer: JoinAnswer): Promise<TicketClaims> =>
  verifyToken(answer.ticket, {
    schema: TicketClaims,
    audience: zoneAudience(policy.zoneId),
    keysOf: () => policy.ticketKeys,
    clock: cloud.clock,
  });

describe('who joins', () => {
  test('the host needs no passcode; the ticket is signed with a key of the policy and names the seat', async () => {
    const answer = (await join(host, meeting.number)).parse(JoinAnswer);
    expect(answer).toMatchObject({
      controllers: ['http://localhost:8802'],
      meeting: { role: 'host', hostName: 'Owner' },
    });
    const claims = await claimsOf(answer);
    expect(claims).toMatchObject({
      role: 'host',
      name: 'Owner',
      zoneId: policy.zoneId,
      accountId: policy.accountId,
    });
    expect(claims.subject).toMatch(/^usr_/u);
    expect(claims.meeting).toEqual({
      meetingId: meeting.meetingId,
      number: meeting.number,
      topic: meeting.topic,
      settings: meeting.settings,
    });
    expect(claims.exp - claims.iat).toBe(300);
  });

  test('a colleague is a participant under the own name, a guest and a foreign user are guests', async () => {
    const passcode = meeting.passcode ?? '';
    const colleague = await addPerson(host, 'admin');
    const asColleague = await claimsOf(
      (await join(colleague, meeting.number, { passcode, name: 'Boss' })).parse(JoinAnswer),
    );
    expect(asColleague).toMatchObject({ role: 'participant', name: expect.stringContaining('Person') });
    const asGuest = await claimsOf(
      (await join(guest(), meeting.number, { passcode, name: 'Ana' })).parse(JoinAnswer),
    );
    expect(asGuest).toMatchObject({ role: 'guest', name: 'Ana', subject: `guest:${asGuest.participantId}` });
    const foreigner = await addForeignPerson(cloud);
    const asForeigner = await claimsOf(
      (await join(foreigner, meeting.number, { passcode })).parse(JoinAnswer),
    );
    expect(asForeigner).toMatchObject({ role: 'guest', name: 'Foreigner' });
    expect(asForeigner.subject).toMatch(/^guest:/u);
  });

  test('guests stay out where they are not allowed, and need a name', async () => {
    const passcode = meeting.passcode ?? '';
    const nameless = await join(guest(), meeting.number, { passcode });
    expect([nameless.status, nameless.code, nameless.field]).toEqual([422, 'meeting.name-required', 'name']);
    const closed = await create(host, { settings: { guestsAllowed: false }, passcode: false });
    expect((await join(guest(), closed.number, { name: 'Ana' })).code).toBe('meeting.guests-not-allowed');
    expect((await join(await addForeignPerson(cloud), closed.number)).code).toBe(
      'meeting.guests-not-allowed',
    );
    expect((await join(await addPerson(host), closed.number)).status).toBe(200);
  });

  test('an unknown number is said as such, and trying numbers is slowed down', async () => {
    const path = `/api/v1/meetings/${meeting.number}/info`;
    const facts = { number: meeting.number, passcodeRequired: true, guestsAllowed: true, signedInAs: null };
    expect(JSON.parse((await guest().call('GET', path)).text)).toEqual(facts);
    const forHost = { ...facts, passcodeRequired: false, signedInAs: 'Owner' };
    expect(JSON.parse((await host.call('GET', path)).text)).toEqual(forHost);
    const missing = await guest().call('GET', '/api/v1/meetings/1000000000/info');
    expect([missing.status, missing.code]).toEqual([404, 'meeting.not-found']);
    const codes = [];
    for (let i = 0; i < 25; i++) codes.push((await join(guest(), `20000000${i + 10}`, { name: 'A' })).code);
    expect(codes[0]).toBe('meeting.not-found');
    expect(codes.at(-1)).toBe('rate.limited');
    cloud.clock.offsetMs += 3_600_000;
  });
});

describe('the passcode', () => {
  test('is asked for, compared exactly, and wrong guesses are slowed down for the guesser only', async () => {
    const passcode = meeting.passcode ?? '';
    const wrong = { name: 'Eve', passcode: `${passcode.slice(0, -1)}!` };
    expect((await join(guest(), meeting.number, { name: 'Eve' })).code).toBe('meeting.passcode-required');
    for (let i = 0; i < 5; i++)
      expect((await join(guest(), meeting.number, wrong)).code).toBe('meeting.wrong-passcode');
    const slowed = await join(guest(), meeting.number, { name: 'Eve', passcode });
    expect([slowed.status, slowed.code]).toEqual([429, 'rate.limited']);
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await join(host, meeting.number)).status).toBe(200);
    expect((await join(await addPerson(host), meeting.number, { passcode })).status).toBe(200);
    const other = await create(host);
    expect((await join(guest(), other.number, { name: 'Ana', passcode: other.passcode })).status).toBe(200);
    cloud.clock.offsetMs += 1_000;
    expect((await join(guest(), meeting.number, { name: 'Ana', passcode })).status).toBe(200);
  });

  test('200 people behind one address join at once', async () => {
    const body = { name: 'Office', passcode: meeting.passcode };
    const answers = await Promise.all(Array.from({ length: 200 }, () => join(guest(), meeting.number, body)));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    const participants = answers.map((answer) => answer.parse(JoinAnswer).ticket);
    expect(new Set(participants).size).toBe(200);
  });

  test('a changed one is good at once, the old one no more', async () => {
    await host.call('PATCH', `/api/v1/meetings/${meeting.number}`, { passcode: 'fresh1' });
    expect((await join(guest(), meeting.number, { name: 'A', passcode: meeting.passcode })).code).toBe(
      'meeting.wrong-passcode',
    );
    expect((await join(guest(), meeting.number, { name: 'A', passcode: 'fresh1' })).status).toBe(200);
  });
});

describe('the connector', () => {
  test('in test mode lets only meetings of test hosts be joined: at first, of whoever enabled it', async () => {
    await host.call('PUT', '/api/v1/connector/mode', { mode: 'test' });
    const member = await addPerson(host);
    const theirs = await create(member);
    const refused = await join(member, theirs.number);
    expect([refused.status, refused.code]).toEqual([403, 'connector.not-live']);
    expect((await join(host, meeting.number)).status).toBe(200);
    await host.call('PUT', '/api/v1/connector/mode', { mode: 'production' });
    expect((await join(member, theirs.number)).status).toBe(200);
  });

  test('not enabled, and without a controller, is said as such', async () => {
    await using fresh = await startCloud();
    const boss = await signedIn(fresh);
    const { number } = await create(boss);
    expect((await join(boss, number)).code).toBe('connector.not-enabled');
    const token = await enableConnector(boss);
    expect((await join(boss, number)).code).toBe('connector.no-controller');
    const connected = await connectController(fresh, await enrol(fresh, token));
    expect((await join(boss, number)).status).toBe(200);
    connected.link.close();
    await connected.link.closed;
    // A link that just broke: the controller itself is probably still there.
    await expect
      .poll(async () => (await boss.call('GET', '/api/v1/connector')).text)
      .toContain('unreachable');
    expect((await join(boss, number)).status).toBe(200);
    fresh.clock.offsetMs += 61_000;
    expect((await join(boss, number)).code).toBe('connector.no-controller');
  });
});
