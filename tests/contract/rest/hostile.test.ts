import { Me } from '@guildhall/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import { owner, type Person, signedIn, startCloud, type TestCloud } from './cloud.ts';
import { sendRaw, statusLine } from './raw.ts';

let cloud: TestCloud;
let person: Person;
beforeAll(async () => {
  cloud = await startCloud();
  person = await signedIn(cloud);
});
afterAll(() => cloud.close());

const post = (body: string, headers: Record<string, string> = {}) =>
  person.call('POST', '/api/v1/meetings', body, { 'content-type': 'application/json', ...headers });

describe('bodies', () => {
  test.each([
    ['cut off', '{"topic": "x'],
    ['a key twice', '{"topic":"a","topic":"b"}'],
    ['a key twice in disguise', '{"topic":"a","\\u0074opic":"b"}'],
    ['deep nesting', '['.repeat(5_000) + ']'.repeat(5_000)],
    ['a prototype key', '{"__proto__":{"role":"owner"}}'],
    ['NaN', '{"startsAtMs":NaN}'],
    ['two values', '{} {}'],
    ['a lone byte order mark', '\ufeff'],
  ])('%s: refused as malformed', async (_name, body) => {
    const answer = await post(body);
    expect([answer.status, answer.code]).toEqual([400, 'request.malformed']);
  });

  test.each(['null', '[]', '"text"', '1', 'true'])(
    '%s instead of an object: refused as invalid',
    async (body) => {
      expect((await post(body)).code).toBe('request.invalid');
    },
  );

  test('larger than allowed: refused before it is read', async () => {
    const head = `POST /api/v1/meetings HTTP/1.1\r\nHost: x\r\nCookie: ${person.cookie ?? ''}\r\nContent-Type: application/json\r\n`;
    const declared = await sendRaw(cloud.url, `${head}Content-Length: 100000000\r\n\r\n{`);
    expect(statusLine(declared)).toBe(413);
    expect(declared).toContain('request.too-large');
    const answer = await post(JSON.stringify({ topic: 'x'.repeat(70_000) }));
    expect(answer.code).toBe('request.too-large');
  });

  test('compressed, or of another type: not supported', async () => {
    const zipped = gzipSync(Buffer.alloc(10_000_000));
    const head =
      `POST /api/v1/meetings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n` +
      `Content-Length: ${zipped.length}\r\n\r\n`;
    expect(statusLine(await sendRaw(cloud.url, Buffer.concat([Buffer.from(head), zipped])))).toBe(415);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/xml',
    ]) {
      const answer = await post('topic=x', { 'content-type': type });
      expect([answer.status, answer.code]).toEqual([415, 'request.unsupported-type']);
    }
  });

  test('a password of a megabyte or with a NUL byte is refused or wrong, never cut', async () => {
    const long = await person.call('POST', '/api/v1/session', { ...owner, password: 'x'.repeat(300) });
    expect([long.status, long.field]).toEqual([400, 'password']);
    const cut = await person.call('POST', '/api/v1/session', {
      ...owner,
      password: `${owner.password}\u0000tail`,
    });
    expect(cut.code).toBe('auth.wrong-credentials');
  });
});

describe('the HTTP around it', () => {
  test('too many or too large headers', async () => {
    const big = `GET /api/v1/me HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(65_536)}\r\n\r\n`;
    expect(statusLine(await sendRaw(cloud.url, big))).toBe(431);
    const many = Array.from({ length: 200 }, (_, i) => `X-${i}: 1\r\n`).join('');
    expect(statusLine(await sendRaw(cloud.url, `GET /api/v1/me HTTP/1.1\r\nHost: x\r\n${many}\r\n`))).toBe(
      431,
    );
  });

  test('two lengths of one body, and broken framing', async () => {
    const both =
      'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 3\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await sendRaw(cloud.url, both);
    expect(statusLine(answer)).toBe(400);
    expect(answer.match(/HTTP\/1\.1/gu)).toHaveLength(1);
    expect(statusLine(await sendRaw(cloud.url, 'GET /\u0000 HTTP/1.1\r\n\r\n'))).toBe(400);
    expect(statusLine(await sendRaw(cloud.url, '\u0016\u0003\u0001 no http\r\n\r\n'))).toBe(400);
  });

  test.each(['HEAD', 'TRACE', 'PUT', 'OPTIONS'])('%s on a route of the API: not allowed', async (method) => {
    const answer = await sendRaw(
      cloud.url,
      `${method} /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(statusLine(answer)).toBe(405);
  });

  test('an address that is none gets the same envelope as everything else', async () => {
    for (const path of [
      '/api/v1/nothing',
      '/api',
      '/control/v1/x',
      '/meet/../../etc/passwd',
      '/portal/..%2f..%2fpackage.json',
      '/x%00',
      '/%c0%ae',
    ]) {
      const answer = await person.call('GET', path);
      expect([path, answer.status, answer.code]).toEqual([path, 404, 'not-found']);
    }
    expect((await person.call('GET', '/api/v1/meetings/１２３４５６７８９０')).status).toBe(400);
    expect((await person.call('GET', `/api/v1/meetings/${'1'.repeat(150)}`)).status).toBe(400);
  });

  test('no answer holds a stack trace or names a file', async () => {
    const answers = [
      await post('{'),
      await person.call('GET', '/api/v1/meetings?limit=x'),
      await person.call('GET', '/nope'),
    ];
    for (const { text } of answers) expect(text).not.toMatch(/\\n\s+at |node_modules|\.ts\b|FST_|zod/u);
  });
});

describe('other sites', () => {
  test.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('cannot make a browser change anything: %o', async (headers: Record<string, string>) => {
    const answer = await person.call('POST', '/api/v1/meetings', {}, headers);
    expect([answer.status, answer.code]).toEqual([403, 'request.cross-site']);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const read = await person.call('GET', '/api/v1/me', undefined, headers);
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('our own pages can, by either name of loopback', async () => {
    const byNumber = cloud.url.replace('localhost', '127.0.0.1');
    for (const origin of [cloud.url, byNumber]) {
      expect(
        (await person.call('POST', '/api/v1/meetings', {}, { origin, 'sec-fetch-site': 'same-origin' }))
          .status,
      ).toBe(201);
    }
  });
});

test('whatever was thrown at it, it still works', async () => {
  expect((await person.call('GET', '/api/v1/me')).parse(Me).user.email).toBe(owner.email);
});

test('a program that is not the portal is told plain HTTP stays on loopback', async () => {
  await expect(startCloud({ config: { host: '0.0.0.0' } })).rejects.toThrow(
    /Plain HTTP is only allowed on loopback/u,
  );
});

test('an empty database without an owner does not start, and says what is missing', async () => {
  const config = { ownerEmail: undefined };
  await expect(startCloud({ config })).rejects.toThrow(/GUILDHALL_OWNER_EMAIL/u);
});
