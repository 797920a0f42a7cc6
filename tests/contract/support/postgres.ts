import { execFile, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A PostgreSQL server of the tests' own, on loopback, without durability. */
export interface PostgresCluster {
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>;
  /** SIGKILL, as when the machine dies. */
  kill(): Promise<void>;
  /** After `kill`. */
  restart(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

const run = promisify(execFile);
const DEBIAN_ROOT = '/usr/lib/postgresql';
const START_DEADLINE_MS = 20_000;

/**
 * Starts a private cluster from Debian's binaries; as root it runs as `nobody`, for PostgreSQL refuses root.
 * @throws Error with one sentence when the binaries are missing: a store that was tested on one engine is not tested
 */
export async function startPostgres(): Promise<PostgresCluster> {
  const bin = binaries();
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'guildhall-pg-'));
  const asUser = unprivileged(directory);
  const data = join(directory, 'data');
  const init = spawnSync(
    ...command(asUser, join(bin, 'initdb'), [
      '-D',
      data,
      '-U',
      'guildhall',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ]),
    { encoding: 'utf8', cwd: directory },
  );
  if (init.status !== 0) {
    rmSync(directory, { recursive: true, force: true });
    throw new Error(`initdb failed: ${init.stderr}`);
  }
  const port = await freePort();
  const urlOf = (database: string): string => `postgres://guildhall@127.0.0.1:${port}/${database}`;
  const start = () =>
    startServer(asUser, join(bin, 'postgres'), { data, directory, port, isReady: join(bin, 'pg_isready') });
  let server = await start();
  let databases = 0;
  let closing: Promise<void> | undefined;
  return {
    async createDatabase() {
      const name = `test_${++databases}`;
      await run(join(bin, 'psql'), ['-q', '-d', urlOf('postgres'), '-c', `create database ${name}`]);
      return urlOf(name);
    },
    kill: () => server.end('SIGKILL'),
    restart: async () => {
      server = await start();
    },
    close: () =>
      (closing ??= (async () => {
        // Immediate shutdown: nobody needs what is in it.
        await server.end('SIGQUIT');
        rmSync(directory, { recursive: true, force: true });
      })()),
  };
}

interface Server {
  end(signal: NodeJS.Signals): Promise<void>;
}

async function startServer(
  asUser: readonly string[],
  program: string,
  at: { data: string; directory: string; port: number; isReady: string },
): Promise<Server> {
  const options = {
    listen_addresses: '127.0.0.1',
    port: String(at.port),
    unix_socket_directories: at.directory,
    // A commit survives SIGKILL, though not a power cut.
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '60',
  };
  const settings = Object.entries(options).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const [file, args] = command(asUser, program, ['-D', at.data, ...settings]);
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: at.directory });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4_000);
  });
  let hasExited = false;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      hasExited = true;
      resolve();
    });
  });
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await answers(at.isReady, at.port))) {
    if (hasExited || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`PostgreSQL did not start: ${log}`);
    }
    await sleep(50);
  }
  return {
    async end(signal) {
      if (!hasExited) child.kill(signal);
      await gone;
    },
  };
}

/** Asked of PostgreSQL's own program: a driver of ours would have to be a dependency of the tests. */
async function answers(isReady: string, port: number): Promise<boolean> {
  try {
    await run(isReady, ['-q', '-h', '127.0.0.1', '-p', String(port), '-d', 'postgres']);
    return true;
  } catch {
    return false;
  }
}

function binaries(): string {
  const given = process.env['GUILDHALL_TEST_POSTGRES_BIN'];
  if (given !== undefined && given !== '') return given;
  const versions = existsSync(DEBIAN_ROOT) ? readdirSync(DEBIAN_ROOT) : [];
  const newest = versions
    .toSorted((a, b) => Number(b) - Number(a))
    .find((v) => existsSync(join(DEBIAN_ROOT, v, 'bin/initdb')));
  if (newest !== undefined) return join(DEBIAN_ROOT, newest, 'bin');
  throw new Error(
    `PostgreSQL's server programs were not found under ${DEBIAN_ROOT}; install them with: apt-get install postgresql`,
  );
}

/** How to run a program as somebody who is not root; the directory becomes theirs. */
function unprivileged(directory: string): string[] {
  if (process.getuid?.() !== 0) return [];
  const uid = idOf('-u');
  const gid = idOf('-g');
  chownSync(directory, uid, gid);
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
}

function idOf(flag: string): number {
  const { stdout } = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' });
  return Number(stdout.trim());
}

function command(asUser: readonly string[], program: string, args: readonly string[]): [string, string[]] {
  const [file = program, ...rest] = [...asUser, program, ...args];
  return [file, rest];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server listening on a port has one
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}
