import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, silentLogger } from '@guildhall/kit';
import { AccountIdSchema } from '@guildhall/protocol';
import { afterEach, expect, test } from 'vitest';
import { openStore } from '../store/open.ts';
import type { SendMail } from './mail.ts';
import { Sender } from './sender.ts';
import { newDelivery } from './watcher.ts';

const accountId = AccountIdSchema.parse('acc_0000000001');
const secret = 'whs_secret';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly path: string | undefined;
}

async function scene(options: { statuses?: number[]; sendMail?: SendMail } = {}) {
  const received: Received[] = [];
  const statuses = options.statuses ?? [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      received.push({ headers: request.headers, body, path: request.url });
      const status = statuses.shift() ?? 204;
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const dataDir = mkdtempSync(join(tmpdir(), 'guildhall-sender-'));
  const store = await openStore({ dataDir, newRunId: () => 'run_1' });
  const clock = new FakeClock(Date.UTC(2030, 0, 1));
  const sender = new Sender({
    store,
    rules: { allowLoopback: true },
    sendMail: options.sendMail,
    clock,
    logger: silentLogger,
  });
  closers.push(
    () => rmSync(dataDir, { recursive: true }),
    () => store.close(),
    () => server.close(),
    () => sender.close(),
  );
  const authority = { certPem: 'none', keyPem: 'none' };
  await store.accounts.insert({ id: accountId, name: 'Acme', authority, createdAtMs: 1 });
  const target = async (kind: 'webhook' | 'email', to: string) => {
    const row = { id: `alt_${kind}`, accountId, kind, name: kind, address: to, enabled: 1 } as const;
    await store.alerts.addTarget({ ...row, secret: kind === 'webhook' ? secret : null, createdAtMs: 1 });
    const facts = { type: 'alert.raised', label: 'vm-1 “ü”' };
    const message = { id: 'ald_1', atMs: clock.now(), subject: 'Guildhall: test', facts };
    await store.alerts.addDelivery(newDelivery(row, message));
  };
  /** One look of the sender after `waitMs`, awaited to its end. */
  const pass = async (waitMs: number) => {
    await clock.advance(waitMs);
    sender.look();
    await sender.close();
    const [delivery] = await store.alerts.deliveries(accountId);
    return delivery;
  };
  return { received, port, target, pass, clock };
}

test('a webhook gets a message that only the cloud can have signed, now', async () => {
  const { received, port, target, pass, clock } = await scene();
  await target('webhook', `http://127.0.0.1:${port}/hook?x=1`);
  expect(await pass(1_000)).toMatchObject({ state: 'delivered', attempts: 1, statusCode: 204, error: null });
  const [{ headers, body, path } = { headers: {}, body: '', path: '' }] = received;
  const timestamp = String(headers['guildhall-timestamp']);
  expect(path).toBe('/hook?x=1');
  expect(Number(timestamp)).toBe(Math.floor(clock.now() / 1_000));
  const expected = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  expect(headers['guildhall-signature']).toBe(`v1=${expected}`);
  expect(JSON.parse(body)).toMatchObject({ type: 'alert.raised', label: 'vm-1 “ü”', deliveryId: 'ald_1' });
  await pass(60_000);
  expect(received).toHaveLength(1);
});

test('a receiver that fails is tried again ever more seldom, and given up in the end', async () => {
  const { received, port, target, pass } = await scene({
    statuses: [500, 500, 503, 500, 500, 500, 500, 500, 500],
  });
  await target('webhook', `http://127.0.0.1:${port}/`);
  expect(await pass(0)).toMatchObject({ state: 'waiting', attempts: 1, statusCode: 500 });
  expect((await pass(9_000))?.attempts).toBe(1);
  expect((await pass(1_000))?.attempts).toBe(2);
  expect((await pass(29_000))?.attempts).toBe(2);
  expect((await pass(1_000))?.attempts).toBe(3);
  for (let look = 0; look < 10; look++) await pass(3 * 3_600_000);
  expect(await pass(0)).toMatchObject({ state: 'failed', attempts: 8, nextAttemptMs: null });
  expect(received).toHaveLength(8);
});

test('a redirect is not followed; nobody there is said', async () => {
  const { received, port, target, pass } = await scene({ statuses: [302] });
  await target('webhook', `http://127.0.0.1:${port}/`);
  expect(await pass(0)).toMatchObject({ state: 'waiting', statusCode: 302 });
  expect(received.map(({ path }) => path)).toEqual(['/']);
  expect(await pass(10_000)).toMatchObject({ state: 'delivered', attempts: 2 });
});

test('an e-mail goes through the mail server, or the log says that there is none', async () => {
  const mails: object[] = [];
  const withMail = await scene({ sendMail: async (mail) => void mails.push(mail) });
  await withMail.target('email', 'ops@example.org');
  expect(await withMail.pass(0)).toMatchObject({ state: 'delivered', statusCode: null });
  expect(mails).toMatchObject([{ to: 'ops@example.org', subject: 'Guildhall: test' }]);
  const without = await scene();
  await without.target('email', 'ops@example.org');
  expect((await without.pass(0))?.error).toMatch(/no mail server/u);
});
