import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { readRunFiles, systemClock } from '@guildhall/kit';
import { ConsoleCertificates, ConsoleStatus } from '@guildhall/protocol';
import { createAuthority, createServerCertificate } from '@guildhall/kit/tls';
import { BareConsole, until } from '@guildhall/testkit';
import { expect, test } from 'vitest';
import { connectorToken, FakeCloud } from './zone/fake-cloud.ts';

/** Names in the certificate that who connects now is shown. */
async function namesAt(port: number, ca: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  const { subjectaltname = '' } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}

/** A console over TLS, in a directory of its own, with an administrator who is signed in. */
async function consoleWithTls(settings: Readonly<Record<string, string>> = {}) {
  const authority = await createAuthority({ commonName: 'Test', clock: systemClock });
  const made = (...names: readonly string[]) =>
    createServerCertificate({ authority, hosts: ['localhost', ...names], clock: systemClock });
  const ca = authority.certPem;
  const first = await made();
  const bare = await BareConsole.start(async (dir) => {
    const [certFile, keyFile] = [join(dir, 'first.crt'), join(dir, 'first.key')];
    await writeFile(certFile, first.certPem);
    await writeFile(keyFile, first.keyPem);
    return {
      GUILDHALL_CONSOLE_TLS_CERT_FILE: certFile,
      GUILDHALL_CONSOLE_TLS_KEY_FILE: keyFile,
      ...settings,
    };
  });
  let cookie = '';
  const send = async (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: unknown }> => {
    const { port } = bare;
    const headers = { host: `localhost:${port}`, 'content-type': 'application/json', cookie };
    const options = {
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ca,
      method,
      headers,
      agent: false,
    } as const;
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; json: unknown }>();
    const outgoing = request({ ...options, path: `/api/v1${path}` }, (answer) => {
      cookie = answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? cookie;
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, json: JSON.parse(text || 'null') }));
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  };
  const upload = async (name: string): Promise<void> => {
    const { certPem, keyPem } = await made(name);
    const answer = await send('PUT', '/certificates', { certificatePem: certPem, keyPem });
    expect(answer.status).toBe(200);
  };
  await send('POST', '/session', bare.admin);
  return {
    runDir: bare.runDir,
    ca,
    send,
    upload,
    names: () => namesAt(bare.port, ca),
    restart: async () => {
      await bare.end();
      await bare.start();
    },
    [Symbol.asyncDispose]: () => bare.stop(),
  };
}

test('a console shows another certificate at once, and still after a restart', async () => {
  await using server = await consoleWithTls();
  expect(await server.names()).toBe('DNS:localhost');
  await server.upload('second.example');
  expect(await server.names()).toContain('second.example');
  await server.restart();
  expect(await server.names()).toContain('second.example');
});

test('a service takes up the first certificate by a restart, which waits for its meetings, and the next ones while it runs', async () => {
  const cloud = new FakeCloud();
  await cloud.start();
  const meetingsFile = join(await mkdtemp(join(tmpdir(), 'console-tls-notes-')), 'meetings');
  await writeFile(meetingsFile, '1');
  await using server = await consoleWithTls({
    GUILDHALL_CONSOLE_MMR_COMMAND: join(import.meta.dirname, 'service-stub.ts'),
    GUILDHALL_MMR_MEETINGS_FILE: meetingsFile,
  });
  try {
    const pid = () =>
      until('mmr running', async () => {
        const { services } = ConsoleStatus.parse((await server.send('GET', '/status')).json);
        const [mmr] = services;
        return mmr?.state === 'running' && mmr.pid;
      });
    const restartNeeded = async () =>
      ConsoleCertificates.parse((await server.send('GET', '/certificates')).json).restartNeeded;
    const paired = await server.send('POST', '/pairing', {
      token: connectorToken,
      controlUrl: cloud.url,
      role: 'mmr',
    });
    expect(paired.status).toBe(200);
    const plain = await pid();
    await server.upload('second.example');
    expect([await pid(), await restartNeeded()]).toEqual([plain, ['mmr']]);

    await writeFile(meetingsFile, '0');
    await server.upload('third.example');
    const secure = await pid();
    expect(secure).not.toBe(plain);
    expect(await restartNeeded()).toEqual([]);
    const mmr = (await readRunFiles(server.runDir)).find(({ role }) => role === 'mmr');
    const port = mmr?.ports['https'] ?? 0;
    expect(await namesAt(port, server.ca)).toContain('third.example');

    await writeFile(meetingsFile, '1');
    const meeting = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: server.ca });
    await once(meeting, 'secureConnect');
    await server.upload('fourth.example');
    await until('the new certificate', async () =>
      (await namesAt(port, server.ca)).includes('fourth.example'),
    );
    expect([await pid(), await restartNeeded(), meeting.closed]).toEqual([secure, [], false]);
    meeting.destroy();
  } finally {
    await cloud.stop();
    await rm(join(meetingsFile, '..'), { recursive: true, force: true });
  }
});
