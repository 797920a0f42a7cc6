import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createConsole, firstPassword, ready } from './testing.ts';

describe('the first sign-in', () => {
  test('uses the password in the file and must change it before anything else', async () => {
    const { call, signIn, dataDir } = await createConsole();
    const file = join(dataDir, 'initial-password');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const password = readFileSync(file, 'utf8').trim();
    expect((await signIn(password)).json()).toEqual({
      username: 'admin',
      authority: 'operate',
      passwordChangeRequired: true,
    });
    for (const [method, path] of [
      ['GET', '/status'],
      ['GET', '/pairing'],
      ['POST', '/pairing'],
      ['POST', '/services/mmr/start'],
    ] as const) {
      const { statusCode, json } = await call(method, path);
      expect([statusCode, json().error.code]).toEqual([403, 'auth.password-change-required']);
    }
    const change = (currentPassword: string, newPassword: string) =>
      call('PUT', '/me/password', { currentPassword, newPassword });
    expect((await change('wrong', 'long and new enough')).json().error.code).toBe('auth.wrong-password');
    for (const weak of [
      'short',
      'Password123!',
      'the-admin-of-this',
      '1234512345',
      password,
      'aaaaaaaaaaaa',
    ]) {
      expect((await change(password, weak)).json().error).toMatchObject({
        code: 'auth.weak-password',
        field: 'newPassword',
      });
    }
    expect((await change(password, 'long and new enough')).statusCode).toBe(200);
    expect((await call('GET', '/status')).statusCode).toBe(200);
    expect(existsSync(file)).toBe(false);
    expect((await signIn(password)).statusCode).toBe(401);
    expect((await signIn('long and new enough')).json().passwordChangeRequired).toBe(false);
  });

  test('of an evaluation keeps the given password, also as Argon2id', async () => {
    const { call, signIn, sessionCookie } = await ready();
    const answer = await signIn(firstPassword);
    expect(answer.json().passwordChangeRequired).toBe(false);
    expect(answer.headers['set-cookie']).toMatch(
      /^guildhall_console=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/u,
    );
    expect(sessionCookie()).not.toBe('');
    expect((await call('GET', '/status')).statusCode).toBe(200);
  });
});

describe('a session', () => {
  test('ends after 15 idle minutes, and a page that only looks does not keep it', async () => {
    const { call, signIn, clock } = await ready();
    await signIn(firstPassword);
    await clock.advance(14 * 60_000);
    expect((await call('GET', '/pairing')).statusCode).toBe(200);
    for (let minute = 0; minute < 15; minute++) {
      await clock.advance(60_000);
      expect((await call('GET', '/status')).statusCode).toBe(200);
    }
    await clock.advance(1_000);
    expect((await call('GET', '/status')).json().error.code).toBe('auth.required');
  });

  test('ends everywhere else when the password is changed, and for good at sign-out', async () => {
    const { call, signIn, sessionCookie } = await ready();
    await signIn(firstPassword);
    const other = sessionCookie();
    // A second browser: no cookie of the first.
    await call('POST', '/session', { username: 'admin', password: firstPassword }, { cookie: '' });
    const newPassword = 'another long phrase';
    await call('PUT', '/me/password', { currentPassword: firstPassword, newPassword });
    expect((await call('GET', '/me')).statusCode).toBe(200);
    expect((await call('GET', '/me', undefined, { cookie: other })).statusCode).toBe(401);
    const mine = sessionCookie();
    expect((await call('DELETE', '/session')).json()).toEqual({ ok: true });
    expect((await call('GET', '/me', undefined, { cookie: mine })).statusCode).toBe(401);
    expect((await call('DELETE', '/session')).statusCode).toBe(200);
  });

  test('is not given for wrong guesses, which get slower but lock nobody out', async () => {
    const { call, signIn, clock } = await ready();
    const unknown = await call('POST', '/session', { username: 'nobody', password: 'x' });
    const wrong = await signIn('x');
    expect(unknown.json().error.message).toBe(wrong.json().error.message);
    for (let guess = 0; guess < 8; guess++) await signIn('x');
    const limited = await signIn(firstPassword);
    expect(limited.json().error).toMatchObject({ code: 'rate.limited', retryAfterMs: 10_000 });
    await clock.advance(10_000);
    expect((await signIn(firstPassword)).statusCode).toBe(200);
  });
});

describe('requests from elsewhere', () => {
  test('another site cannot use the cookie, nor a name pointed at this address', async () => {
    const { call, signIn } = await ready();
    await signIn(firstPassword);
    const refused = async (headers: Record<string, string>) => {
      const { statusCode, json } = await call('DELETE', '/session', undefined, headers);
      expect([statusCode, json().error.code]).toEqual([403, 'request.cross-site']);
    };
    await refused({ origin: 'http://evil.example' });
    await refused({ origin: 'null' });
    await refused({ origin: 'http://localhost:8080' });
    await refused({ 'sec-fetch-site': 'cross-site' });
    await refused({ host: 'evil.example' });
    await refused({ host: 'localhost.evil.example:5480' });
    for (const host of [
      'localhost:5480',
      '127.0.0.1:5480',
      '[::1]:5480',
      'CONNECTOR.example',
      '[fd00::5]:5480',
    ]) {
      expect((await call('GET', '/me', undefined, { host })).statusCode).toBe(200);
    }
    const own = { origin: 'http://localhost:5480', 'sec-fetch-site': 'same-origin' };
    expect((await call('DELETE', '/session', undefined, own)).statusCode).toBe(200);
  });

  test('nothing is told without signing in, and bad input is named', async () => {
    const { call, signIn } = await ready();
    for (const path of ['/me', '/status', '/pairing']) {
      expect((await call('GET', path)).json().error.code).toBe('auth.required');
    }
    const bad = await call('POST', '/session', { username: 'admin', password: 'x', role: 'root' });
    expect(bad.json().error).toMatchObject({ code: 'request.invalid', field: 'role' });
    await signIn(firstPassword);
    expect((await call('POST', '/services/sshd/start', {})).json().error.code).toBe('service.unknown');
    expect((await call('POST', '/services/mmr/format', {})).json().error.code).toBe('service.unknown');
    const token = 'not-a-token-but-secret';
    const pairing = { token, controlUrl: 'http://localhost:1', role: 'controller' };
    const answer = await call('POST', '/pairing', pairing);
    expect(answer.json().error).toMatchObject({ code: 'request.invalid', field: 'token' });
    expect(answer.body).not.toContain(token);
    const shell = await call('POST', '/pairing', { ...pairing, controlUrl: 'file:///etc/passwd' });
    expect(shell.statusCode).toBe(400);
  });
});

describe('the pages', () => {
  test('come with a fresh nonce, and their files compressed and cacheable for good', async () => {
    const { app } = await ready();
    const get = (url: string, headers: Record<string, string> = {}) =>
      app.inject({ url, headers: { host: 'localhost', accept: 'text/html', ...headers } });
    expect((await get('/')).headers.location).toBe('/console/');
    const [page, again] = [await get('/console/'), await get('/console/pairing')];
    const nonce = /nonce="([^"]+)"/u.exec(page.body)?.[1] ?? '';
    expect(nonce.length).toBeGreaterThan(20);
    for (const directive of ['script-src', 'style-src'])
      expect(page.headers['content-security-policy']).toContain(`${directive} 'self' 'nonce-${nonce}'`);
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(page.headers['cache-control']).toBe('no-store');
    expect(again.statusCode).toBe(200);
    expect(again.body).not.toBe(page.body);
    const asset = await get('/console/assets/a.js', { 'accept-encoding': 'br' });
    expect(asset.body).toBe('small');
    expect(asset.headers['cache-control']).toContain('immutable');
    for (const missing of [
      '/console/assets/b.js',
      '/console/assets/..%2findex.html',
      '/etc/passwd',
      '/api/v1/nothing',
    ]) {
      expect((await get(missing)).json().error.code).toBe('not-found');
    }
  });
});
