import { Me } from '@guildhall/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addPerson, owner, Person, signedIn, stable, startCloud, type TestCloud } from './cloud.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.close());

const DAY_MS = 86_400_000;

describe('signing in', () => {
  test('sets a cookie that scripts and other sites cannot use, and tells who it is', async () => {
    const person = new Person(cloud.url);
    const answer = await person.call('POST', '/api/v1/session', {
      ...owner,
      email: owner.email.toUpperCase(),
    });
    expect(answer.parse(Me)).toMatchObject({ user: { email: owner.email, role: 'owner' } });
    const cookie = answer.headers.getSetCookie()[0];
    expect(cookie).toMatch(
      /^guildhall_session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/u,
    );
    expect((await person.call('GET', '/api/v1/me')).status).toBe(200);
    expect((await person.call('DELETE', '/api/v1/session')).status).toBe(200);
    expect((await person.call('GET', '/api/v1/me')).code).toBe('auth.required');
  });

  test('says the same for an unknown address and a wrong password', async () => {
    const person = new Person(cloud.url);
    const wrong = await person.call('POST', '/api/v1/session', { ...owner, password: 'wrong' });
    const unknown = await person.call('POST', '/api/v1/session', {
      email: 'no@example.org',
      password: 'wrong',
    });
    expect([wrong.status, wrong.code]).toEqual([401, 'auth.wrong-credentials']);
    expect(stable(unknown)).toBe(stable(wrong));
  });

  test.each([
    '',
    'guildhall_session',
    'guildhall_session=',
    `guildhall_session=${'A'.repeat(43)}`,
    'guildhall_session=%00',
    `guildhall_session=' OR 1=1`,
  ])('a forged cookie is nobody: %s', async (cookie) => {
    const person = new Person(cloud.url);
    person.cookie = cookie;
    expect((await person.call('GET', '/api/v1/me')).code).toBe('auth.required');
  });

  test('slows guesses down for one person, not for others at the same address, and tells how long', async () => {
    const victim = await addPerson(await signedIn(cloud));
    const guesser = new Person(cloud.url);
    const guess = () => guesser.call('POST', '/api/v1/session', { email: victim.email, password: 'guess' });
    for (let i = 0; i < 5; i++) expect((await guess()).code).toBe('auth.wrong-credentials');
    const slowed = await guess();
    expect([slowed.status, slowed.code]).toEqual([429, 'rate.limited']);
    expect(slowed.headers.get('retry-after')).toBe('1');
    expect(JSON.parse(slowed.text)).toMatchObject({ error: { retryAfterMs: expect.any(Number) } });
    await new Person(cloud.url).signIn(owner);
    cloud.clock.offsetMs += 1_000;
    await new Person(cloud.url).signIn(victim);
  });

  test('many guesses at once are not many free ones', async () => {
    const victim = await addPerson(await signedIn(cloud));
    const guesses = Array.from({ length: 60 }, () =>
      new Person(cloud.url).call('POST', '/api/v1/session', { email: victim.email, password: 'guess' }),
    );
    const codes = (await Promise.all(guesses)).map((answer) => answer.code);
    expect(codes.filter((code) => code === 'auth.wrong-credentials').length).toBeLessThan(25);
    expect(new Set(codes)).toEqual(new Set(['auth.wrong-credentials', 'rate.limited']));
    cloud.clock.offsetMs += 3_600_000;
  });
});

describe('a session', () => {
  test('lasts 30 days from the last use', async () => {
    const person = await signedIn(cloud);
    cloud.clock.offsetMs += 29 * DAY_MS;
    expect((await person.call('GET', '/api/v1/me')).status).toBe(200);
    cloud.clock.offsetMs += 29 * DAY_MS;
    expect((await person.call('GET', '/api/v1/me')).status).toBe(200);
    cloud.clock.offsetMs += 31 * DAY_MS;
    expect((await person.call('GET', '/api/v1/me')).code).toBe('auth.required');
  });

  test('ends elsewhere when the password changes, and with the person', async () => {
    const admin = await signedIn(cloud);
    const here = await addPerson(admin);
    const there = await new Person(cloud.url).signIn(here);
    const change = { currentPassword: here.password, newPassword: 'yellow submarines dive' };
    const wrong = await here.call('PUT', '/api/v1/me/password', { ...change, currentPassword: 'x' });
    expect([wrong.status, wrong.code]).toEqual([403, 'auth.wrong-password']);
    expect((await here.call('PUT', '/api/v1/me/password', change)).status).toBe(200);
    expect((await there.call('GET', '/api/v1/me')).code).toBe('auth.required');
    const me = (await here.call('GET', '/api/v1/me')).parse(Me);
    expect((await admin.call('DELETE', `/api/v1/users/${me.user.userId}`)).status).toBe(200);
    expect((await here.call('GET', '/api/v1/me')).code).toBe('auth.required');
  });

  test.each(['short', 'password1234', 'PASSWORD!!!!', 'aaaaaaaaaaaa', '1234567890', 'my name is owner!'])(
    'a new password that is guessed first is refused: %s',
    async (newPassword) => {
      const person = await signedIn(cloud);
      const change = { currentPassword: owner.password, newPassword };
      const answer = await person.call('PUT', '/api/v1/me/password', change);
      expect([answer.status, answer.code, answer.field]).toEqual([422, 'auth.weak-password', 'newPassword']);
    },
  );

  test('the own name can be changed, and not to one that hides something', async () => {
    const person = await signedIn(cloud);
    expect((await person.call('PATCH', '/api/v1/me', { name: 'Zoë 王' })).parse(Me).user.name).toBe('Zoë 王');
    for (const name of [
      '',
      '   ',
      'a\r\nBcc: x',
      '\u202Eevil',
      'zero\u200bwidth',
      'x'.repeat(65),
      '\ud800',
    ]) {
      const answer = await person.call('PATCH', '/api/v1/me', { name });
      expect([answer.status, answer.field]).toEqual([400, 'name']);
    }
  });
});
