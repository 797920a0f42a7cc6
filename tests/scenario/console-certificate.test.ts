import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { systemClock } from '@guildhall/kit';
import { createAuthority, createServerCertificate } from '@guildhall/kit/tls';
import { expect, test } from 'vitest';
import { z } from 'zod';

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

test('a console shows another certificate at once, and still after a restart', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'console-tls-'));
  const authority = await createAuthority({ commonName: 'Test', clock: systemClock });
  const made = (hosts: readonly string[]) =>
    createServerCertificate({ authority, hosts, clock: systemClock });
  const [first, second] = await Promise.all([made(['localhost']), made(['localhost', 'second.example'])]);
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
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  let child = start();
  try {
    const port = await portOf(child);
    const send = async (method: string, path: string, body: unknown, cookie = '') => {
      const headers = { host: `localhost:${port}`, 'content-type': 'application/json', cookie };
      const options = {
        host: '127.0.0.1',
        port,
        servername: 'localhost',
        ca: authority.certPem,
        method,
        headers,
      };
      const { promise, resolve, reject } = Promise.withResolvers<{
        status: number | undefined;
        cookie: string;
      }>();
      const outgoing = request({ ...options, path: `/api/v1${path}` }, (answer) => {
        answer.resume();
        const set = answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
        resolve({ status: answer.statusCode, cookie: set });
      });
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify(body));
      return promise;
    };
    expect(await namesAt(port, authority.certPem)).toBe('DNS:localhost');
    const { cookie } = await send('POST', '/session', admin);
    expect(cookie).toMatch(/^guildhall_console=/u);
    const upload = { certificatePem: second.certPem, keyPem: second.keyPem };
    expect((await send('PUT', '/certificates', upload, cookie)).status).toBe(200);
    expect(await namesAt(port, authority.certPem)).toContain('second.example');
    await stop(child);
    child = start();
    expect(await namesAt(await portOf(child), authority.certPem)).toContain('second.example');
  } finally {
    await stop(child);
    await rm(dir, { recursive: true, force: true });
  }
});
