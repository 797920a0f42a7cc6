import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from './clock.ts';
import { FakeClock } from './fake-clock.ts';
import { listen } from './listen.ts';
import { silentLogger } from './logger.ts';
import { ServedCertificate } from './served-certificate.ts';
import { createAuthority, createServerCertificate } from './tls/index.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup();
});

test('other files are shown to who connects next; who is connected stays; halves and nonsense are left alone', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'served-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  const files = { tlsCertFile: join(dir, 'server.crt'), tlsKeyFile: join(dir, 'server.key') };
  const authority = await createAuthority({ commonName: 'Test', clock: systemClock });
  const made = async (name: string) => {
    const hosts = ['localhost', name];
    const { certPem, keyPem } = await createServerCertificate({ authority, hosts, clock: systemClock });
    return { cert: certPem, key: keyPem };
  };
  const [first, second] = [await made('first.example'), await made('second.example')];
  const server = createServer(first);
  const port = await listen(server, { host: '127.0.0.1', port: 0 });
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const clock = new FakeClock();
  const served = new ServedCertificate({ server, pair: first, files, clock, logger: silentLogger });
  cleanups.push(() => served.close());
  const dial = async (): Promise<TLSSocket> => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: authority.certPem });
    cleanups.push(() => void socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  };
  const shown = async () => (await dial()).getPeerCertificate().subjectaltname;

  const early = await dial();
  await served.look();
  expect(await shown()).toContain('first.example');
  writeFileSync(files.tlsKeyFile, second.key);
  writeFileSync(files.tlsCertFile, first.cert);
  await served.look();
  expect(await shown()).toContain('first.example');
  writeFileSync(files.tlsCertFile, 'nonsense');
  await served.look();
  expect(await shown()).toContain('first.example');
  writeFileSync(files.tlsCertFile, second.cert);
  await served.look();
  expect(await shown()).toContain('second.example');
  expect([early.destroyed, early.closed]).toEqual([false, false]);
  served.close();
  served.close();
  expect(clock.timers).toBe(0);
});
