import { FakeClock, openSqlite, seededRandom, silentLogger } from '@guildhall/kit';
import { Outbound } from '@guildhall/kit/outbound';
import type { ConsoleStatus } from '@guildhall/protocol';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { orderCertificate } from './certificates/acme.ts';
import { Certificates } from './certificates/certificates.ts';
import { CertificateFiles } from './certificates/files.ts';
import { createApp } from './compose.ts';
import { ChoiceFile } from './configure/choice-file.ts';
import { Configurer } from './configure/configure.ts';
import { NetworkHelper } from './network/helper.ts';
import type { AskNameServer } from './network/name-servers.ts';
import { Network } from './network/network.ts';
import { IdentityFile } from './pairing/identity-file.ts';
import { Logs } from './logs/logs.ts';
import { Pairer } from './pairing/pairing.ts';
import { SelfTest } from './selftest/self-test.ts';
import { Drain } from './services/drain.ts';
import { Supervisor } from './services/supervisor.ts';
import { migrations } from './store/schema.ts';
import { ServiceMemoryStore } from './store/service-memory.ts';
import { UserStore } from './store/users.ts';
import { WantedStore } from './store/wanted.ts';
import { SupportBundle } from './support/support.ts';
import { Updates } from './updates/updates.ts';
import { Accounts } from './users/accounts.ts';
import { Passwords } from './users/passwords.ts';
import { Sessions } from './users/sessions.ts';
import { UserManager } from './users/users.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const direct = new Outbound(undefined);
const everyNameServerAnswers: AskNameServer = () => ({ isAnswered: Promise.resolve(true), cancel() {} });
export const firstPassword = 'kelp-orbit-71-lantern';

/** The console's HTTP surface over a store in memory, with one browser that keeps its cookie. */
export async function createConsole(
  options: {
    initialPassword?: string;
    initialPasswordFinal?: boolean;
    network?: NetworkHelper;
    askNameServer?: AskNameServer;
    orderCertificate?: typeof orderCertificate;
  } = {},
) {
  const dataDir = mkdtempSync(join(tmpdir(), 'console-app-'));
  directories.push(dataDir);
  const pagesDir = join(dataDir, 'pages');
  mkdirSync(join(pagesDir, 'assets'), { recursive: true });
  writeFileSync(
    join(pagesDir, 'index.html'),
    '<script nonce="__CSP_NONCE__" src="/console/assets/a.js"></script>',
  );
  writeFileSync(join(pagesDir, 'assets', 'a.js'), 'plain');
  writeFileSync(join(pagesDir, 'assets', 'a.js.br'), 'small');
  const clock = new FakeClock();
  const random = seededRandom(3);
  const database = openSqlite(':memory:', { migrations });
  const logger = silentLogger;
  const userStore = new UserStore(database);
  const passwords = new Passwords();
  const sessions = new Sessions({ clock, random });
  const accounts = new Accounts({
    users: userStore,
    passwords,
    dataDir,
    initialPassword: options.initialPassword,
    initialPasswordFinal: options.initialPasswordFinal ?? false,
    clock,
    random,
    logger,
  });
  await accounts.ensureFirstUser();
  const identity = new IdentityFile(join(dataDir, 'identity.json'), logger);
  const supervisor = new Supervisor({
    services: [],
    wanted: new WantedStore(database),
    role: () => identity.current?.role,
  });
  const posted: unknown[] = [];
  const pairer = new Pairer({
    identity,
    post: (request) => {
      posted.push(request);
      return Promise.resolve({ nonsense: true });
    },
    extraCa: [],
    outbound: () => direct,
    onPaired: () => Promise.resolve(),
    logger,
  });
  const helper =
    options.network ??
    new NetworkHelper({
      command: [process.execPath, join(import.meta.dirname, 'helper', 'main.ts')],
      stateDir: join(dataDir, 'network'),
      root: dataDir,
      interfaceName: 'eth0',
    });
  const network = new Network({
    helper,
    isManaged: options.network !== undefined,
    onMoved: () => supervisor.restartRunning(),
    askNameServer: options.askNameServer ?? everyNameServerAnswers,
    clock,
    logger,
  });
  const configurer = new Configurer({
    pairer,
    network,
    choice: new ChoiceFile(join(dataDir, 'configure.json')),
    isLoopback: true,
  });
  const status = (): Promise<ConsoleStatus> =>
    Promise.resolve({
      hostName: 'vm',
      version: '0.1.0',
      role: null,
      services: [],
      pairing: pairer.state,
      cloud: { state: 'not-paired', sinceMs: null },
      meetings: 0,
      participants: 0,
      timeMs: clock.now(),
    });
  const installedPairs: { certPem: string; keyPem: string }[] = [];
  const certificates = new Certificates({
    files: new CertificateFiles(join(dataDir, 'certificates'), logger),
    configured: undefined,
    identity,
    challenge: { host: '127.0.0.1', port: 0 },
    outbound: () => direct,
    onInstalled: async (pair) => void installedPairs.push(pair),
    outdated: () => [],
    orderCertificate: options.orderCertificate ?? orderCertificate,
    clock,
    random,
    logger,
  });
  const selfTest = new SelfTest({
    identity,
    extraCa: [],
    outbound: () => direct,
    runDir: join(dataDir, 'run'),
    dataDir,
    services: () => supervisor.status,
    certificates: () => certificates.state,
    clock,
    logger,
  });
  const logs = new Logs(join(dataDir, 'logs'));
  const supportBundle = new SupportBundle({
    status,
    selfTest: () => selfTest.finished(),
    certificates: () => certificates.state,
    logOf: (source) => logs.whole(source),
    config: { initialPassword: firstPassword, port: 5480 },
    secretKeys: ['initialPassword'],
    clock,
    logger,
  });
  const app = await createApp({
    accounts,
    users: new UserManager({ users: userStore, passwords, sessions, logger }),
    sessions,
    supervisor,
    drain: new Drain({
      supervisor,
      probe: { stateOf: async () => undefined },
      order: () => Promise.resolve(),
      memory: new ServiceMemoryStore(database),
      clock,
      logger,
    }),
    pairer,
    network,
    configurer,
    status,
    logs,
    certificates,
    selfTest,
    supportBundle,
    restarter: noRestart,
    updates: new Updates({
      restarter: noRestart,
      installDir: undefined,
      workDir: join(dataDir, 'updates'),
      releaseKeys: [],
      maxBytes: 1_000_000,
      logger,
    }),
    pagesDir,
    publicHosts: ['connector.example', 'fd00::5'],
    tls: undefined,
    clock,
    logger,
  });
  let cookie = '';
  const call = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const answer = await app.inject({
      method,
      url: path.startsWith('/api') ? path : `/api/v1${path}`,
      headers: {
        host: 'localhost:5480',
        ...(cookie !== '' && { cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    });
    const set = answer.headers['set-cookie'];
    if (typeof set === 'string') cookie = set.split(';', 1)[0] ?? '';
    return answer;
  };
  const signIn = (password: string, username = 'admin') => call('POST', '/session', { username, password });
  return {
    app,
    call,
    signIn,
    logs,
    certificates,
    installedPairs,
    selfTest,
    dataDir,
    clock,
    posted,
    sessionCookie: () => cookie,
  };
}

/** With a first password that may stay. */
export const ready = () => createConsole({ initialPassword: firstPassword, initialPasswordFinal: true });

/** For a console that its next start takes into another version. */
export const noRestart = {
  isPossible: false,
  state: null,
  assertIdle: () => {},
  begin: () => {},
  restartNow: () => {},
};
