import { Me, User, UserList } from '@guildhall/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Answer,
  addForeignPerson,
  addPerson,
  signedIn,
  stable,
  startCloud,
  type Person,
  type TestCloud,
} from './cloud.ts';

let cloud: TestCloud;
let boss: Person;
beforeAll(async () => {
  cloud = await startCloud();
  boss = await signedIn(cloud);
});
afterAll(() => cloud.close());

const idOf = async (person: Person): Promise<string> => {
  const { users } = (await boss.call('GET', '/api/v1/users')).parse(UserList);
  const me = await person.call('GET', '/api/v1/me');
  return users.find((user) => me.text.includes(user.userId))?.userId ?? '';
};

describe('the people of an account', () => {
  test('are added, listed, changed and removed by an administrator', async () => {
    const admin = await addPerson(boss, 'admin');
    const member = await addPerson(admin);
    const userId = await idOf(member);
    const changed = await admin.call('PATCH', `/api/v1/users/${userId}`, { name: 'New', role: 'admin' });
    expect(changed.parse(User)).toMatchObject({ name: 'New', role: 'admin' });
    expect((await admin.call('DELETE', `/api/v1/users/${userId}`)).status).toBe(200);
    expect((await admin.call('DELETE', `/api/v1/users/${userId}`)).code).toBe('not-found');
  });

  test('are no business of members', async () => {
    const member = await addPerson(boss);
    const userId = await idOf(member);
    const attempts = [
      member.call('GET', '/api/v1/users'),
      member.call('PATCH', `/api/v1/users/${userId}`, { role: 'owner' }),
      member.call('DELETE', `/api/v1/users/${userId}`),
      member.call('GET', '/api/v1/connector'),
      member.call('POST', '/api/v1/connector/token', {}),
      member.call('PUT', '/api/v1/connector/mode', { mode: 'production' }),
    ];
    for (const answer of await Promise.all(attempts)) expect(answer.code).toBe('auth.forbidden');
  });

  test('an administrator makes no owner, and touches none', async () => {
    const admin = await addPerson(boss, 'admin');
    const ownerId = await idOf(boss);
    expect((await admin.call('PATCH', `/api/v1/users/${await idOf(admin)}`, { role: 'owner' })).code).toBe(
      'auth.forbidden',
    );
    expect((await admin.call('PATCH', `/api/v1/users/${ownerId}`, { role: 'member' })).code).toBe(
      'auth.forbidden',
    );
    expect((await admin.call('DELETE', `/api/v1/users/${ownerId}`)).code).toBe('auth.forbidden');
  });

  test('the last owner stays owner', async () => {
    const ownerId = await idOf(boss);
    const demoted = await boss.call('PATCH', `/api/v1/users/${ownerId}`, { role: 'member' });
    expect([demoted.status, demoted.code]).toEqual([409, 'user.last-owner']);
    expect((await boss.call('DELETE', `/api/v1/users/${ownerId}`)).code).toBe('user.last-owner');
  });

  test('an address is taken once', async () => {
    const again = { email: 'OWNER@example.org', name: 'X', role: 'member', password: 'purple elephants fly' };
    const answer = await boss.call('POST', '/api/v1/users', again);
    expect([answer.status, answer.code, answer.field]).toEqual([409, 'user.email-taken', 'email']);
  });

  test('somebody of another account is as unknown as nobody', async () => {
    const foreign = await addForeignPerson(cloud);
    const me = (await foreign.call('GET', '/api/v1/me')).parse(Me);
    const theirs = await boss.call('DELETE', `/api/v1/users/${me.user.userId}`);
    const nobodys = await boss.call('DELETE', '/api/v1/users/usr_0000000000000000000000');
    expect(theirs.status).toBe(404);
    expect(stable(theirs)).toBe(stable(nobodys));
  });
});

test('who changes without end is slowed down and told for how long; others and reading are not', async () => {
  const busy = await addPerson(boss);
  const other = await addPerson(boss);
  const change = () => busy.call('DELETE', '/api/v1/meetings/0000000000');
  let slowed: Answer | undefined;
  // What comes back into the bucket meanwhile, on a slow machine, is far less than this.
  for (let batch = 0; batch < 100 && !slowed; batch++) {
    const answers = await Promise.all(Array.from({ length: 50 }, change));
    slowed = answers.find(({ status }) => status === 429);
  }
  expect(slowed?.code).toBe('rate.limited');
  expect(Number(slowed?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await busy.call('GET', '/api/v1/me')).status).toBe(200);
  expect((await other.call('DELETE', '/api/v1/meetings/0000000000')).code).not.toBe('rate.limited');
  cloud.clock.offsetMs += 60_000;
  expect((await change()).code).not.toBe('rate.limited');
});
