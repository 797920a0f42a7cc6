import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, silentLogger, systemClock } from '@guildhall/kit';
import { createAuthority, createServerCertificate } from '@guildhall/kit/tls';
import { AccountIdSchema } from '@guildhall/protocol';
import { afterEach, expect, test } from 'vitest';
import { openStore } from '../store/open.ts';
import { startMailServer, type MailServerOptions } from './mail-server.ts';
import { createMailer, type MailConfig } from './mail.ts';
import { Sender } from './sender.ts';
import { newDelivery } from './watcher.ts';

const accountId = AccountIdSchema.parse('acc_0000000001');
const login = { user: 'guildhall', password: 'kelp-orbit-71-lantern' };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** The sender of alerts over its real mailer, and a mail server on this machine. */
async function scene(server: MailServerOptions, config: Partial<MailConfig> = {}) {
  const mailServer = await startMailServer(server);
  const dataDir = mkdtempSync(join(tmpdir(), 'guildhall-mail-'));
  const store = await openStore({ dataDir, newRunId: () => 'run_1' });
  const clock = new FakeClock(Date.UTC(2030, 0, 1));
  const sendMail = createMailer({
    host: '127.0.0.1',
    port: mailServer.port,
    security: 'none',
    user: undefined,
    password: undefined,
    from: 'guildhall@cloud.example',
    ...config,
  });
  const rules = { allowLoopback: true };
  const sender = new Sender({ store, rules, sendMail, clock, logger: silentLogger });
  closers.push(
    () => rmSync(dataDir, { recursive: true }),
    () => store.close(),
    () => mailServer.close(),
    () => sender.close(),
  );
  await store.accounts.insert({
    id: accountId,
    name: 'Acme',
    authority: { certPem: 'none', keyPem: 'none' },
    createdAtMs: 1,
  });
  const alert = async (address: string) => {
    const target = { id: 'alt_1', accountId, kind: 'email', name: 'Ops', address, enabled: 1 } as const;
    await store.alerts.addTarget({ ...target, secret: null, createdAtMs: 1 });
    const condition = { kind: 'node-gone', minutes: 5 };
    const facts = {
      type: 'alert.raised',
      condition,
      about: { id: 'x', name: 'Süd (mmr)\r\nBcc: all@example.org' },
    };
    const message = { id: 'ald_1', atMs: clock.now(), subject: 'Guildhall: node-gone raised: Süd', facts };
    await store.alerts.addDelivery(newDelivery(target, message));
  };
  /** One look of the sender after `waitMs`, and what the delivery log says then. */
  const pass = async (waitMs: number) => {
    await clock.advance(waitMs);
    sender.look();
    await sender.close();
    const [delivery] = await store.alerts.deliveries(accountId);
    return delivery;
  };
  return { mailServer, alert, pass };
}

/** RFC 2047 encoded words and quoted-printable, as far as these mails use them. */
function decoded(text: string): string {
  const [headers = '', body = ''] = text.split(/\n\n(.*)/su);
  const bytes = (quoted: string) =>
    quoted.replaceAll(/(?:=[0-9A-F]{2})+/gu, (run) =>
      Buffer.from(run.replaceAll('=', ''), 'hex').toString('utf8'),
    );
  const words = headers
    .replaceAll(/\?=\s+=\?UTF-8\?Q\?/giu, '')
    .replaceAll(/\n[ \t]+/gu, ' ')
    .replaceAll(/=\?UTF-8\?Q\?(.*?)\?=/giu, (_all, word: string) => bytes(word.replaceAll('_', ' ')));
  return `${words}\n\n${bytes(body.replaceAll('=\n', ''))}`;
}

test('an alert arrives with its words, from this cloud, to the one address', async () => {
  const { mailServer, alert, pass } = await scene({});
  await alert('ops@example.org');
  expect(await pass(0)).toMatchObject({ state: 'delivered', attempts: 1, error: null });
  expect(mailServer.mails).toMatchObject([
    { from: 'guildhall@cloud.example', to: 'ops@example.org', isEncrypted: false },
  ]);
  const text = decoded(mailServer.mails[0]?.text ?? '');
  expect(text).toMatch(/^From: guildhall@cloud\.example$/mu);
  expect(text).toMatch(/^To: ops@example\.org$/mu);
  const happened = 'Süd (mmr) Bcc: all@example.org is gone: nothing was heard of it for 5 minutes';
  expect(text).toContain(`\nSubject: Guildhall: ${happened}\n`);
  expect(text).toMatch(/^Message-ID: <\S+@cloud\.example>$/mu);
  expect(text).toMatch(/^Date: /mu);
  expect(text).toMatch(/^Content-Type: text\/plain; charset=utf-8$/mu);
  expect(text).toContain(`\n\n${happened}.\n\nSince 2030-01-01 00:00:00 UTC.\n\nLook at its server`);
  expect(text).not.toContain('{');
  await pass(60_000);
  expect(mailServer.mails).toHaveLength(1);
});

test('with STARTTLS nothing but the greeting goes in clear', async () => {
  const authority = await createAuthority({ commonName: 'Mail authority', clock: systemClock });
  const tls = await createServerCertificate({ authority, hosts: ['127.0.0.1'], clock: systemClock });
  const { mailServer, alert, pass } = await scene(
    { tls, login },
    { ...login, security: 'starttls', ca: [authority.certPem] },
  );
  await alert('ops@example.org');
  expect(await pass(0)).toMatchObject({ state: 'delivered', error: null });
  expect(mailServer.mails).toMatchObject([{ isEncrypted: true, user: 'guildhall' }]);
  expect(mailServer.commands.slice(0, 4)).toEqual(['EHLO', 'STARTTLS', 'EHLO', 'AUTH']);
});

test('a server without STARTTLS, or with a certificate nobody trusts, gets no password', async () => {
  const authority = await createAuthority({ commonName: 'Unknown', clock: systemClock });
  const tls = await createServerCertificate({ authority, hosts: ['127.0.0.1'], clock: systemClock });
  for (const server of [{ login }, { tls, login }]) {
    const { mailServer, alert, pass } = await scene(server, { ...login, security: 'starttls' });
    await alert('ops@example.org');
    const delivery = await pass(0);
    expect(delivery).toMatchObject({ state: 'waiting', attempts: 1 });
    expect(delivery?.error).toMatch(/^No safe connection to the mail server 127\.0\.0\.1:\d+/u);
    expect(mailServer.commands).not.toContain('AUTH');
  }
});

test('a refused recipient is said, and tried again later', async () => {
  const { mailServer, alert, pass } = await scene({ refused: ['gone@example.org'] });
  await alert('gone@example.org');
  const delivery = await pass(0);
  expect(delivery).toMatchObject({ state: 'waiting', attempts: 1 });
  expect(delivery?.error).toMatch(/refuses the sender or this recipient \(answer 550\)/u);
  expect((await pass(10_000))?.attempts).toBe(2);
  expect(mailServer.mails).toEqual([]);
});

test('a wrong password is said without the password, even when the server repeats it', async () => {
  const { mailServer, alert, pass } = await scene({ login }, { user: 'guildhall', password: 'wrong-secret' });
  await alert('ops@example.org');
  const delivery = await pass(0);
  expect(delivery).toMatchObject({ state: 'waiting', attempts: 1 });
  expect(delivery?.error).toMatch(/does not accept the name and password of this cloud \(answer 535\)/u);
  expect(JSON.stringify(delivery)).not.toContain('wrong-secret');
  expect(mailServer.mails).toEqual([]);
});

test('a server that is away is said, and the mail arrives when it is back', async () => {
  const { mailServer, alert, pass } = await scene({}, { port: 1 });
  await alert('ops@example.org');
  const delivery = await pass(0);
  expect(delivery).toMatchObject({ state: 'waiting', attempts: 1 });
  expect(delivery?.error).toMatch(/^The mail server 127\.0\.0\.1:1 cannot be reached/u);
  expect(mailServer.mails).toEqual([]);
});
