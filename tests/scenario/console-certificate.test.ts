import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { isProcessAlive, lifeLineVariable, readRunFiles, systemClock } from '@guildhall/kit';
import { ConsoleCertificates, ConsoleStatus } from '@guildhall/protocol';
import { createAuthority, createServerCertificate } from '@guildhall/kit/tls';
import { until } from '@guildhall/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { connectorToken, FakeCloud } from './zone/fake-cloud.ts';

const main = join(import.meta.dirname, '..', '..', 'apps', 'console', 'src', 'main.ts');
const admin = { username: 'admin', password: 'kelp-orbit-71-lantern' };
const ReadyLine = z.object({ msg: z.literal('console is ready'), port: z.int() });

async function portOf({ stdout }: ChildProcess): Promise<number> {
  if (!stdout) throw new Error('the console has no output');
  for await (const line of createInterface({ input: stdout })) {
    const ready = ReadyLine.safeParse(JSON.parse(line));
    if (ready.success) {
      stdout.resume();
      return ready.data.port;
    }
  }
  throw new Error('the console ended before it was ready');
}

/** Names in the certificate that who connects now is shown. */
async function namesAt(port: number, ca: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  const { subjectaltname = '' } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

/** A console over TLS, in a directory of its own, with an administrator who is signed in. */
async function consoleWithTls(settings: Readonly<Record<string, string>> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'console-tls-'));
  const authority = await createAuthority({ commonName: 'Test', clock: systemClock });
  const made = (...names: readonly string[]) =>
    createServerCertificate({ authority, hosts: ['localhost', ...names], clock: systemClock });
  const ca = authority.certPem;
  const first = await made();
  await writeFile(join(dir, 'first.crt'), first.certPem);
  await writeFile(join(dir, 'first.key'), first.keyPem);
  const start = (): ChildProcess =>
    spawn(process.execPath, [main], {
      cwd: dir,
      env: {
        PATH: process.env['PATH'],
        GUILDHALL_CONSOLE_PORT: '0',
        GUILDHALL_CONSOLE_TLS_CERT_FILE: join(dir, 'first.crt'),
        GUILDHALL_CONSOLE_TLS_KEY_FILE: join(dir, 'first.key'),
        GUILDHALL_CONSOLE_INITIAL_PASSWORD: admin.password,
        GUILDHALL_CONSOLE_INITIAL_PASSWORD_FINAL: 'true',
        [lifeLineVariable]: '3',
        ...settings,
      },
      // Ends with this test, and its services too.
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
  let child = start();
  let port = await portOf(child);
  let cookie = '';
  const send = async (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: unknown }> => {
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
  await send('POST', '/session', admin);
  return {
    dir,
    ca,
    send,
    upload,
    names: () => namesAt(port, ca),
    restart: async () => {
      await stop(child);
      child = start();
      port = await portOf(child);
    },
    [Symbol.asyncDispose]: async () => {
      const left = (await readRunFiles(join(dir, 'data', 'run'))).map(({ pid }) => pid);
      // The services live on without their console, but not without the life line that was handed on to them.
      await stop(child);
      child.stdio[3]?.destroy();
      await until('the end of every process', () => left.every((pid) => !isProcessAlive(pid)));
      await rm(dir, { recursive: true, force: true });
    },
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
    const mmr = (await readRunFiles(join(server.dir, 'data', 'run'))).find(({ role }) => role === 'mmr');
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
