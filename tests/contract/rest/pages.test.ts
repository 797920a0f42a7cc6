import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { Person, startCloud, type TestCloud } from './cloud.ts';

let cloud: TestCloud;
let visitor: Person;
const pagesDir = mkdtempSync(join(tmpdir(), 'guildhall-pages-'));
const html = { accept: 'text/html,*/*' };

beforeAll(async () => {
  for (const name of ['portal', 'meet']) {
    const assets = join(pagesDir, name, 'dist', 'assets');
    mkdirSync(assets, { recursive: true });
    const script = `console.log('${name}');`.repeat(50);
    writeFileSync(join(assets, 'index-1a2b3c.js'), script);
    writeFileSync(join(assets, 'index-1a2b3c.js.gz'), gzipSync(script));
    const page = `<!doctype html><title>${name}</title><script nonce="__CSP_NONCE__" src="/${name}/assets/index-1a2b3c.js"></script>`;
    writeFileSync(join(pagesDir, name, 'dist', 'index.html'), page);
    writeFileSync(join(pagesDir, name, 'dist', 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  }
  cloud = await startCloud({ config: { pagesDir } });
  visitor = new Person(cloud.url);
});
afterAll(async () => {
  await cloud.close();
  rmSync(pagesDir, { recursive: true, force: true });
});

test.each([
  ['/', 'portal'],
  ['/signin', 'portal'],
  ['/meetings/1234567890', 'portal'],
  ['/j/1234567890', 'meet'],
  ['/j/0000000000?x=1', 'meet'],
])('%s is the %s page, never kept, with a nonce that the policy allows', async (path, title) => {
  const page = await visitor.call('GET', path, undefined, html);
  expect(page.status).toBe(200);
  expect(page.text).toContain(`<title>${title}</title>`);
  expect(page.headers.get('cache-control')).toBe('no-store');
  const nonce = /nonce="([^"]{20,})"/u.exec(page.text)?.[1] ?? 'none';
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain(`script-src 'self' 'nonce-${nonce}'`);
  expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
  expect(policy).not.toMatch(/unsafe|\*(?!;| |$)/u);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(page.headers.get('permissions-policy')).toContain('camera=(self)');
  const again = await visitor.call('GET', path, undefined, html);
  expect(again.text).not.toBe(page.text);
});

test('the portal is there for a program that asks for no page in particular', async () => {
  const page = await visitor.call('GET', '/', undefined, { accept: '*/*' });
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
});

test('assets are kept for ever and sent compressed', async () => {
  const asset = await visitor.call('GET', '/meet/assets/index-1a2b3c.js', undefined, {
    'accept-encoding': 'gzip',
  });
  expect(asset.status).toBe(200);
  expect(asset.headers.get('content-encoding')).toBe('gzip');
  expect(asset.headers.get('cache-control')).toContain('immutable');
  expect(asset.headers.get('content-type')).toContain('javascript');
  expect(asset.text).toContain('meet');
});

test('what is missing is missing, also for a browser', async () => {
  for (const path of ['/meet/assets/none.js', '/portal/index.html', '/api/v1/none']) {
    const { code } = await visitor.call('GET', path, undefined, html);
    expect([path, code]).toEqual([path, 'not-found']);
  }
  // A script that asks for a page address gets no page.
  expect((await visitor.call('GET', '/signin', undefined, { accept: 'application/json' })).code).toBe(
    'not-found',
  );
});

test('robots stay out and the tab has an icon', async () => {
  expect((await visitor.call('GET', '/robots.txt')).text).toContain('Disallow: /');
  expect((await visitor.call('GET', '/favicon.ico')).headers.get('content-type')).toContain('svg');
});

test('the description of the API has every route, and says what a setting may be', async () => {
  const Document = z.object({
    openapi: z.string(),
    paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  });
  const answer = await visitor.call('GET', '/api/v1/openapi.json');
  const { openapi, paths } = answer.parse(Document);
  expect(openapi).toBe('3.1.0');
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(routes).toEqual(
    expect.arrayContaining([
      'post /api/v1/session',
      'delete /api/v1/session',
      'get /api/v1/me',
      'patch /api/v1/me',
      'put /api/v1/me/password',
      'get /api/v1/users',
      'post /api/v1/users',
      'patch /api/v1/users/{userId}',
      'delete /api/v1/users/{userId}',
      'get /api/v1/meetings',
      'post /api/v1/meetings',
      'get /api/v1/meetings/{number}',
      'patch /api/v1/meetings/{number}',
      'delete /api/v1/meetings/{number}',
      'get /api/v1/meetings/{number}/info',
      'post /api/v1/meetings/{number}/join',
      'get /api/v1/connector',
      'post /api/v1/connector/enable',
      'post /api/v1/connector/token',
      'put /api/v1/connector/mode',
      'get /api/v1/connector/monitoring/overview',
      'get /api/v1/connector/monitoring/nodes',
      'get /api/v1/connector/monitoring/series',
      'get /api/v1/connector/monitoring/meetings',
      'get /api/v1/connector/monitoring/events',
      'get /api/v1/connector/monitoring/events/export',
      'get /api/v1/connector/monitoring/audit',
      'get /api/v1/connector/monitoring/audit/export',
      'get /api/v1/connector/monitoring/alerts',
      'post /api/v1/connector/monitoring/alerts/rules',
      'patch /api/v1/connector/monitoring/alerts/rules/{ruleId}',
      'delete /api/v1/connector/monitoring/alerts/rules/{ruleId}',
      'post /api/v1/connector/monitoring/alerts/targets',
      'patch /api/v1/connector/monitoring/alerts/targets/{targetId}',
      'delete /api/v1/connector/monitoring/alerts/targets/{targetId}',
      'post /api/v1/connector/monitoring/alerts/targets/{targetId}/test',
      'get /api/v1/connector/monitoring/alerts/deliveries',
      'get /api/v1/connector/hosting',
      'put /api/v1/connector/hosting',
      'put /api/v1/connector/people/{userId}/hosting',
      'post /api/v1/connector/groups',
      'patch /api/v1/connector/groups/{groupId}',
      'delete /api/v1/connector/groups/{groupId}',
      'put /api/v1/connector/groups/{groupId}/members',
      'get /api/v1/connector/zones',
      'post /api/v1/connector/zones',
      'patch /api/v1/connector/zones/{zoneId}',
      'delete /api/v1/connector/zones/{zoneId}',
      'put /api/v1/connector/nodes/{nodeId}/zone',
      'post /api/v1/connector/dry-run',
      'get /api/v1/connector/minimum-version',
      'put /api/v1/connector/minimum-version',
      'get /api/v1/connector/live',
      'put /api/v1/connector/test-hosts',
      'get /api/v1/connector/downloads',
      'get /api/v1/connector/downloads/{name}',
      'post /control/v1/enrol',
    ]),
  );
  for (const [path, methods] of Object.entries(paths)) {
    for (const operation of Object.values(methods))
      expect([path, operation]).toMatchObject([path, { summary: expect.any(String) }]);
  }
  const Body = z.object({
    requestBody: z.object({
      content: z.object({
        'application/json': z.object({ schema: z.object({ properties: z.record(z.string(), z.unknown()) }) }),
      }),
    }),
  });
  const create = Body.parse(paths['/api/v1/meetings']?.['post']);
  const { properties } = create.requestBody.content['application/json'].schema;
  expect(properties).toMatchObject({
    kind: { enum: ['instant', 'scheduled'] },
    // A passcode, or false for none.
    passcode: { anyOf: [{ type: 'string' }, { type: 'boolean', enum: [false] }] },
    settings: { properties: { lobby: { type: 'boolean' } }, additionalProperties: false },
  });
});

test('the readable page of the API brings everything with it', async () => {
  const page = await visitor.call('GET', '/api/docs', undefined, html);
  expect(page.status).toBe(200);
  expect(page.text).not.toMatch(/https?:\/\//u);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  for (const [, path = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/gu)) {
    const asset = new URL(path, `${cloud.url}/api/docs`);
    const { status } = await visitor.call('GET', asset.pathname);
    expect([path, status]).toEqual([path, 200]);
  }
});

test('health is told on the admin port only', async () => {
  expect((await visitor.call('GET', '/healthz')).status).toBe(404);
  const admin = new Person(cloud.adminUrl);
  expect((await admin.call('GET', '/healthz')).status).toBe(200);
  expect((await admin.call('GET', '/readyz')).status).toBe(200);
});
