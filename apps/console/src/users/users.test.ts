import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createConsole, firstPassword, ready } from '../testing.ts';

const Method = z.enum(['GET', 'POST', 'PUT', 'DELETE']);
const viewerPassword = 'quiet river crossing';

/** An operator's browser (`call`), and a cookie of a user who may only look. */
async function withViewer() {
  const console = await ready();
  const { call, signIn, sessionCookie } = console;
  await signIn(firstPassword);
  const operator = sessionCookie();
  const first = 'first words of viewer';
  await call('POST', '/users', { username: 'vera', password: first, authority: 'view' });
  await call('POST', '/session', { username: 'vera', password: first }, { cookie: '' });
  await call('PUT', '/me/password', { currentPassword: first, newPassword: viewerPassword });
  const viewer = sessionCookie();
  const as = (cookie: string) => (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
    call(method, path, body, { cookie });
  return { ...console, asOperator: as(operator), asViewer: as(viewer), asNobody: as('') };
}

describe('who may call what', () => {
  test('every route refuses who may not call it, before it reads the body', async () => {
    const { app, asViewer, asNobody } = await withViewer();
    const api = app.accessTable.filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS');
    expect(api.length).toBeGreaterThan(10);
    const open = api
      .filter(({ access }) => access === 'anybody')
      .map(({ method, url }) => `${method} ${url}`);
    expect(open).toEqual(['POST /api/v1/session', 'DELETE /api/v1/session']);
    for (const { method, url, access } of api) {
      if (access === 'anybody') continue;
      const path = url.replaceAll(/:\w+/gu, 'mmr');
      const verb = Method.parse(method);
      expect((await asNobody(verb, path)).json().error.code, `${method} ${url}`).toBe('auth.required');
      if (access !== 'operate') continue;
      const refused = await asViewer(verb, path, { nonsense: true });
      expect([refused.statusCode, refused.json().error.code], `${method} ${url}`).toEqual([
        403,
        'auth.forbidden',
      ]);
    }
  });

  test('whatever changes something needs Operate, but for one’s own session and password, and a probe', async () => {
    const { app } = await ready();
    const changing = app.accessTable.filter(
      ({ method, access }) => !['GET', 'HEAD', 'OPTIONS'].includes(method) && access !== 'operate',
    );
    expect(changing.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/v1/session',
      'DELETE /api/v1/session',
      'PUT /api/v1/me/password',
      'POST /api/v1/self-test/media-probe',
    ]);
  });

  test('a user whose password somebody else chose changes it before anything else', async () => {
    const { call, signIn } = await ready();
    await signIn(firstPassword);
    await call('POST', '/users', { username: 'otto', password: 'chosen by the admin', authority: 'operate' });
    const me = await signIn('chosen by the admin', 'otto');
    expect(me.json()).toEqual({ username: 'otto', authority: 'operate', passwordChangeRequired: true });
    expect((await call('GET', '/users')).json().error.code).toBe('auth.password-change-required');
  });
});

describe('managing users', () => {
  test('add, list, change authority at once, delete with their sessions', async () => {
    const { asOperator, asViewer } = await withViewer();
    expect((await asOperator('GET', '/users')).json()).toEqual({
      users: [
        { username: 'admin', authority: 'operate', passwordChangeRequired: false },
        { username: 'vera', authority: 'view', passwordChangeRequired: false },
      ],
    });
    expect((await asOperator('PUT', '/users/vera', { authority: 'operate' })).statusCode).toBe(200);
    expect((await asViewer('PUT', '/users/vera', { authority: 'view' })).statusCode).toBe(200);
    expect((await asViewer('DELETE', '/users/admin')).json().error.code).toBe('auth.forbidden');
    expect((await asOperator('DELETE', '/users/vera')).statusCode).toBe(200);
    expect((await asViewer('GET', '/status')).json().error.code).toBe('auth.required');
    expect((await asOperator('DELETE', '/users/vera')).statusCode).toBe(404);
  });

  test('a reset password ends the sessions of that user and has to be changed', async () => {
    const { asOperator, asViewer, signIn } = await withViewer();
    const reset = await asOperator('PUT', '/users/vera/password', { newPassword: 'given over the phone' });
    expect(reset.statusCode).toBe(200);
    expect((await asViewer('GET', '/status')).statusCode).toBe(401);
    expect((await signIn('given over the phone', 'vera')).json().passwordChangeRequired).toBe(true);
  });

  test('the last user who may operate is neither deleted nor demoted, also by two at once', async () => {
    const { asOperator } = await withViewer();
    for (const refused of [
      await asOperator('DELETE', '/users/admin'),
      await asOperator('PUT', '/users/admin', { authority: 'view' }),
    ]) {
      expect([refused.statusCode, refused.json().error.code]).toEqual([409, 'user.last-operator']);
    }
    await asOperator('PUT', '/users/vera', { authority: 'operate' });
    const both = await Promise.all([
      asOperator('PUT', '/users/vera', { authority: 'view' }),
      asOperator('PUT', '/users/admin', { authority: 'view' }),
    ]);
    expect(both.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });

  test.each([
    ['a taken name', { username: 'admin' }, 'user.name-taken', 'username'],
    ['a short password', { password: 'short' }, 'auth.weak-password', 'password'],
    ['a common password', { password: 'Password123!' }, 'auth.weak-password', 'password'],
    ['the name in the password', { password: 'otto-otto-1' }, 'auth.weak-password', 'password'],
    ['capitals in the name', { username: 'Otto' }, 'request.invalid', 'username'],
    ['a command in the name', { username: 'otto;reboot' }, 'request.invalid', 'username'],
    ['NUL in the name', { username: 'otto\u0000' }, 'request.invalid', 'username'],
    ['a long name', { username: 'o'.repeat(33) }, 'request.invalid', 'username'],
    ['an unknown authority', { authority: 'root' }, 'request.invalid', 'authority'],
    ['a password of a megabyte', { password: 'x'.repeat(300) }, 'request.invalid', 'password'],
  ])('%s is refused with its field', async (_what, change, code, field) => {
    const { call, signIn } = await ready();
    await signIn(firstPassword);
    const good = { username: 'otto', password: 'a fine long phrase', authority: 'view' };
    const answer = await call('POST', '/users', { ...good, ...change });
    expect(answer.json().error).toMatchObject({ code, field });
    expect((await call('GET', '/users')).json().users).toHaveLength(1);
  });
});

test('fifty wrong sign-ins neither stop the service nor tell whether a user exists', async () => {
  const { app, call, signIn } = await createConsole({
    initialPassword: firstPassword,
    initialPasswordFinal: true,
  });
  await signIn(firstPassword);
  const guess = (username: string, address: string) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/session',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      remoteAddress: address,
      payload: JSON.stringify({ username, password: 'wrong' }),
    });
  const known = await Promise.all(Array.from({ length: 50 }, () => guess('admin', '192.0.2.1')));
  const unknown = await Promise.all(Array.from({ length: 50 }, () => guess('nobody', '192.0.2.2')));
  const told = (answers: typeof known) =>
    answers.map((answer) => {
      const { code, message, retryAfterMs } = answer.json().error;
      return { status: answer.statusCode, code, message, retryAfterMs };
    });
  expect(told(known)).toEqual(told(unknown));
  expect(new Set(told(known).map(({ code }) => code))).toEqual(
    new Set(['auth.wrong-credentials', 'rate.limited']),
  );
  // Who is signed in works on, and somebody at another address can sign in.
  expect((await call('GET', '/status')).statusCode).toBe(200);
  expect((await signIn(firstPassword)).statusCode).toBe(200);
});
