import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { FakeClock, listen, systemClock } from '@guildhall/kit';
import { Outbound } from '@guildhall/kit/outbound';
import { createAuthority, createServerCertificate } from '@guildhall/kit/tls';
import { SelfTestState } from '@guildhall/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { ConnectProxy } from '@guildhall/testkit/connect-proxy';
import { firstPassword, ready } from '../testing.ts';
import { checkClock, checkCloud, checkControl, checkDns, checkTls } from './cloud-checks.ts';
import { checkCertificate, checkServices } from './local-checks.ts';
import { lookAt } from './look.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(listener: RequestListener, tls?: { cert: string; key: string }): Promise<URL> {
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  servers.push(server);
  const port = await listen(server, { host: '127.0.0.1', port: 0 });
  return new URL(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`);
}

const direct = new Outbound(undefined);
const look = (
  url: URL,
  { ca = [], outbound = direct }: { ca?: readonly string[]; outbound?: Outbound } = {},
) => lookAt({ url, ca, outbound, now: () => Date.now() });
const envelope = JSON.stringify({ error: { code: 'auth.required', message: 'x' } });

describe('the cloud', () => {
  test('is recognised by its own words', async () => {
    const url = await serve((_request, response) => response.writeHead(401).end(envelope));
    expect(checkCloud(await look(url), url)).toMatchObject({ state: 'ok', reason: 'cloud' });
    expect(checkControl(await look(url), url)).toMatchObject({ state: 'ok' });
    expect(checkClock(await look(url))).toMatchObject({ state: 'ok' });
  });

  test.each([
    ['a page of a captive portal', 200, 'text/html', '<h1>Welcome to the hotel</h1>', 'captive'],
    ['a redirect to one', 302, 'text/plain', '', 'captive'],
    ['a proxy that wants a sign-in', 407, 'text/plain', '', 'proxy-sign-in'],
    ['some other server', 200, 'application/json', '{"hello":1}', 'other-server'],
  ])('%s is recognised', async (_what, status, type, body, reason) => {
    const url = await serve((_request, response) =>
      response.writeHead(status, { 'content-type': type }).end(body),
    );
    expect(checkCloud(await look(url), url)).toMatchObject({ state: 'fail', reason });
    expect(checkControl(await look(url), url)).toMatchObject({ state: 'fail', reason: 'no-websocket' });
  });

  test('nothing there, and a name that is none, are told apart', async () => {
    const url = await serve(() => undefined);
    servers.pop()?.close();
    expect(checkCloud(await look(url), url)).toMatchObject({ state: 'fail', reason: 'refused' });
    const name = new URL('http://nowhere.invalid');
    expect(checkCloud(await look(name), name)).toMatchObject({ state: 'fail', reason: 'no-name' });
  });

  test('an HTTP proxy on the way: what it does wrong is told apart, and it may know names we do not', async () => {
    const cloud = await serve((_request, response) => response.writeHead(401).end(envelope));
    const names = { 'cloud.example': '127.0.0.1' };
    await using proxy = await ConnectProxy.start({ names, credentials: 'a:b', ports: [Number(cloud.port)] });
    const url = new URL(`http://cloud.example:${cloud.port}`);
    const through = (credentials?: string) => new Outbound({ url: proxy.url, credentials, bypass: [] });
    const judge = async (target: URL, outbound: Outbound) =>
      checkCloud(await look(target, { outbound }), target);
    expect(await judge(url, through('a:b'))).toMatchObject({ state: 'ok', reason: 'cloud' });
    expect(await checkDns(url, proxy.url)).toMatchObject({ state: 'ok', reason: 'dns-proxy' });
    expect(await judge(url, through())).toEqual({
      state: 'fail',
      reason: 'proxy-sign-in',
      values: { address: url.origin, proxy: proxy.url },
    });
    const elsewhere = new URL('http://cloud.example:1');
    expect(await judge(elsewhere, through('a:b'))).toMatchObject({ state: 'fail', reason: 'proxy-refused' });
    await proxy.kill();
    expect(await judge(url, through('a:b'))).toMatchObject({ state: 'fail', reason: 'proxy-unreachable' });
    expect(await checkDns(url, 'http://proxy.invalid:3128')).toMatchObject({
      state: 'fail',
      reason: 'dns-proxy',
    });
  });

  test('TLS that somebody intercepts names who issued the certificate', async () => {
    const authority = await createAuthority({ commonName: 'Corporate Inspection', clock: systemClock });
    const { certPem, keyPem } = await createServerCertificate({
      authority,
      hosts: ['127.0.0.1'],
      clock: systemClock,
    });
    const url = await serve((_request, response) => response.end(envelope), { cert: certPem, key: keyPem });
    expect(checkTls(await look(url), url)).toEqual({
      state: 'fail',
      reason: 'tls-intercepted',
      values: { issuer: 'Corporate Inspection' },
    });
    expect(checkTls(await look(url, { ca: [authority.certPem] }), url)).toMatchObject({ state: 'ok' });
  });

  test.each([
    [0, 'ok'],
    [30_000, 'warn'],
    [-30_000, 'warn'],
    [600_000, 'fail'],
  ])('a clock %i ms off is %s', async (offsetMs, state) => {
    const url = await serve((_request, response) => {
      response.setHeader('date', new Date(Date.now() - offsetMs).toUTCString());
      response.end(envelope);
    });
    expect(checkClock(await look(url))).toMatchObject({ state });
  });
});

test('the certificate: soon at its end, at its end, none', () => {
  const nowMs = 1_000 * 86_400_000;
  const info = {
    subject: '',
    issuer: '',
    hosts: [],
    notBeforeMs: 0,
    fingerprint256: '',
    keyType: '',
    selfSigned: false,
  };
  const state = (days: number | undefined, consoleUsesIt = true) =>
    checkCertificate(
      {
        current: days === undefined ? null : { ...info, notAfterMs: nowMs + days * 86_400_000 },
        source: 'upload',
        installedAtMs: null,
        consoleUsesIt,
        restartNeeded: [],
        request: null,
        accountAvailable: false,
        order: { state: 'none', hosts: [], reason: '', atMs: null },
      },
      nowMs,
    ).state;
  expect([state(90), state(29), state(-1), state(undefined), state(undefined, false)]).toEqual([
    'ok',
    'warn',
    'fail',
    'fail',
    'skipped',
  ]);
});

test('a service that fails although it is wanted fails the test, one that was stopped only warns', () => {
  const mmr = { name: 'mmr', sinceMs: 0, pid: null, version: null, restarts: 0, lastExit: null } as const;
  expect(checkServices([{ ...mmr, state: 'failing', wanted: 'running' }])).toMatchObject({
    state: 'fail',
    values: { names: 'mmr (failing)' },
  });
  expect(checkServices([{ ...mmr, state: 'stopped', wanted: 'stopped' }]).state).toBe('warn');
  expect(checkServices([{ ...mmr, state: 'running', wanted: 'running' }]).state).toBe('ok');
});

test('a run tells how far it is and ends with every check, also on a node that is not paired', async () => {
  const { call, signIn, selfTest } = await ready();
  await signIn(firstPassword);
  expect((await call('GET', '/self-test')).json()).toEqual({
    startedAtMs: null,
    finishedAtMs: null,
    results: [],
  });
  const begun = SelfTestState.parse((await call('POST', '/self-test')).json());
  expect(begun.finishedAtMs).toBeNull();
  await selfTest.finished();
  const { results, finishedAtMs } = SelfTestState.parse((await call('GET', '/self-test')).json());
  expect(finishedAtMs).toBe(new FakeClock().now());
  const byCheck = Object.fromEntries(
    results.map(({ check, state, reason }) => [check, `${state} ${reason}`]),
  );
  expect(byCheck).toMatchObject({
    cloud: 'skipped not-paired',
    router: 'skipped not-paired',
    disk: expect.any(String),
  });
  expect(results.every(({ state }) => state !== 'running')).toBe(true);
});

test('a probe of the media ports says that no router runs, and refuses what is no fingerprint', async () => {
  const { call, signIn } = await ready();
  await signIn(firstPassword);
  const value = Array.from({ length: 32 }, () => 'AB').join(':');
  const probe = async (fingerprints: readonly object[]) => {
    const body = { dtlsParameters: { role: 'client', fingerprints } };
    return (await call('POST', '/self-test/media-probe', body)).json().error.code;
  };
  expect(await probe([{ algorithm: 'sha-256', value }])).toBe('media.unavailable');
  expect(await probe([{ algorithm: 'sha-256', value: 'x\r\na=evil' }])).toBe('request.invalid');
});
