import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Server as TlsServer } from 'node:tls';
import {
  assertLoopbackOrTls,
  createMetrics,
  isLoopback,
  lifeLineOf,
  listenHttp,
  openSqlite,
  processBirth,
  readServerTls,
  runProgram,
  secretKeysOf,
  startAdmin,
  systemRandom,
  writeRunFile,
  type ServerTls,
  type ServiceContext,
} from '@guildhall/kit';
import { Outbound } from '@guildhall/kit/outbound';
import { productVersion, serviceNames, type ServiceName } from '@guildhall/protocol';
import { orderCertificate } from './certificates/acme.ts';
import { Certificates } from './certificates/certificates.ts';
import { CertificateFiles } from './certificates/files.ts';
import { createApp } from './compose.ts';
import { configSchema, type Config } from './config.ts';
import { Logs } from './logs/logs.ts';
import { Tee } from './logs/tee.ts';
import { ChoiceFile } from './configure/choice-file.ts';
import { Configurer } from './configure/configure.ts';
import { NetworkHelper } from './network/helper.ts';
import { askNameServer } from './network/name-servers.ts';
import { Network } from './network/network.ts';
import {
  controllerEnvironment,
  networkEnvironment,
  proxyEnvironment,
  proxyInForce,
} from './network/service-environment.ts';
import { postToCloud } from './pairing/cloud-request.ts';
import { IdentityFile } from './pairing/identity-file.ts';
import { Pairer } from './pairing/pairing.ts';
import { SelfTest } from './selftest/self-test.ts';
import { adoptProcess, limited, spawnNode } from './services/child.ts';
import { Drain } from './services/drain.ts';
import { serviceEnvironment } from './services/environment.ts';
import { ServiceLog } from './services/service-log.ts';
import { MemoryLimits } from './services/memory-limits.ts';
import { Service } from './services/service.ts';
import { StartedWith } from './services/started-with.ts';
import { Supervisor } from './services/supervisor.ts';
import { createProbe } from './services/zone-probe.ts';
import { consoleStatus } from './status.ts';
import { migrations } from './store/schema.ts';
import { ServiceMemoryStore } from './store/service-memory.ts';
import { UserStore } from './store/users.ts';
import { WantedStore } from './store/wanted.ts';
import { SupportBundle } from './support/support.ts';
import { installationOf, startGuard } from './updates/installation.ts';
import { UpdateRecordFile } from './updates/record.ts';
import { Restarter } from './updates/restarter.ts';
import { Updates } from './updates/updates.ts';
import { Accounts } from './users/accounts.ts';
import { Passwords } from './users/passwords.ts';
import { Sessions } from './users/sessions.ts';
import { UserManager } from './users/users.ts';

async function start(config: Config, tee: Tee, context: ServiceContext): Promise<void> {
  const { logger, clock, onClose } = context;
  const startedAtMs = clock.now();
  const logs = new Logs(resolve(config.logDir));
  tee.attach(logs.pathOf('console'), (line) => logs.heard('console', line));
  const configured = await readServerTls(config);
  assertLoopbackOrTls(config.host, configured !== undefined);

  const database = openSqlite(join(config.dataDir, 'console.sqlite'), { migrations });
  onClose('store', () => database.close());
  const userStore = new UserStore(database);
  const passwords = new Passwords();
  const sessions = new Sessions({ clock, random: systemRandom });
  const accounts = new Accounts({
    users: userStore,
    passwords,
    dataDir: config.dataDir,
    initialPassword: config.initialPassword,
    initialPasswordFinal: config.initialPasswordFinal,
    clock,
    random: systemRandom,
    logger,
  });
  await accounts.ensureFirstUser();

  // The services have the same working directory today, but their places must not depend on it.
  const places = {
    dataDir: resolve(config.dataDir),
    identityFile: resolve(config.identityFile),
    runDir: resolve(config.runDir),
  };
  const certificateFiles = new CertificateFiles(join(places.dataDir, 'certificates'), logger);
  await certificateFiles.writeForServices();
  // Plain HTTP on loopback stays so: a certificate alone does not move the addresses people use.
  const certificateInUse = () => (configured && certificateFiles.installed ? certificateFiles : undefined);
  const tls = configured && installedOr(configured, certificateFiles);
  const identity = new IdentityFile(places.identityFile, logger);
  const probe = createProbe(places.runDir);
  const commands: Record<ServiceName, readonly string[]> = {
    zctrl: limited(config.zctrlCommand, config.zctrlMemoryMaxMb),
    mmr: limited(config.mmrCommand, config.mmrMemoryMaxMb),
  };
  const startedWith = new StartedWith(join(places.dataDir, 'started-with.json'), (name) => ({
    ...serviceEnvironment(name, process.env, places, certificateInUse()),
    ...networkEnvironment(name, network.inForce),
    ...proxyEnvironment(name, proxy()),
    ...controllerEnvironment(name, choice.current, zone()),
  }));
  const memory = new ServiceMemoryStore(database);
  const limits = new MemoryLimits({
    totalMiB: { zctrl: config.zctrlMemoryTotalMb, mmr: config.mmrMemoryTotalMb },
    heapMiB: { zctrl: config.zctrlMemoryMaxMb, mmr: config.mmrMemoryMaxMb },
    logger,
  });
  const isOutdated = (name: ServiceName): boolean => startedWith.isOutdated(name);
  const services = serviceNames.map(
    (name) =>
      new Service({
        name,
        command: commands[name],
        env: () => startedWith.take(name),
        log: new ServiceLog(logs.pathOf(name), { clock, onLine: (line) => logs.heard(name, line) }),
        spawn: spawnNode(lifeLineOf(process.env)),
        adopt: adoptProcess(clock),
        findRunning: () => probe.findRunning(name),
        birthOf: processBirth,
        memory,
        isReady: (pid) => probe.isReady(name, pid),
        limits,
        clock,
        logger,
      }),
  );
  const supervisor = new Supervisor({
    services,
    wanted: new WantedStore(database),
    role: () => identity.current?.role,
  });
  const drain = new Drain({
    supervisor,
    probe,
    order: (pid, isOn) => probe.drain(pid, isOn),
    memory,
    clock,
    logger,
  });
  onClose('drain', () => drain.close());
  const outbound = () => new Outbound(proxy());
  const extraCa = config.controlCaFile === undefined ? [] : [await readFile(config.controlCaFile, 'utf8')];
  const pairer = new Pairer({
    identity,
    post: postToCloud,
    extraCa,
    outbound,
    onPaired: () => supervisor.identityChanged(),
    logger,
  });

  const [program = process.execPath, ...words] = config.networkHelperCommand;
  const helper = new NetworkHelper({
    command: [program, ...(words.length === 0 ? [join(import.meta.dirname, 'helper', 'main.ts')] : words)],
    stateDir: join(places.dataDir, 'network'),
    root: resolve(config.networkRoot),
    interfaceName: config.networkInterface,
  });
  const network = new Network({
    helper,
    isManaged: config.networkManaged,
    // Another proxy concerns the zone controller alone, which may go without a meeting noticing; the router stays.
    onMoved: () => supervisor.restartRunning(isOutdated),
    askNameServer,
    clock,
    logger,
  });
  onClose('network', () => network.close());
  await network.recover();
  const proxy = () =>
    proxyInForce(network.inForce, {
      url: config.proxy?.replace(/\/$/u, ''),
      credentials: config.proxyCredentials,
      bypass: config.noProxy,
    });
  const choice = new ChoiceFile(join(places.dataDir, 'configure.json'));
  const zone = () => {
    const port = network.inForce?.settings.ports.zctrl ?? Number(process.env['GUILDHALL_ZCTRL_PORT'] ?? 8802);
    const known = process.env['GUILDHALL_MMR_CONTROLLERS'] ?? `ws://127.0.0.1:${port}/v1/router`;
    return { port, known, isSecure: configured !== undefined };
  };
  const configurer = new Configurer({
    pairer,
    network,
    choice,
    isLoopback: isLoopback(config.host),
  });

  const certificates = new Certificates({
    files: certificateFiles,
    configured: configured?.cert,
    identity,
    challenge: { host: config.host, port: config.acmePort },
    outbound,
    onInstalled: async ({ certPem, keyPem }) => {
      if (!configured) return;
      if (app.server instanceof TlsServer) {
        app.server.setSecureContext({ cert: certPem, key: keyPem, minVersion: 'TLSv1.2' });
      }
      // Who was started with these files takes up what is new in them while it runs.
      if ((await status()).meetings === 0) await supervisor.restartRunning(isOutdated);
    },
    outdated: () =>
      supervisor.status.filter((one) => one.pid !== null && isOutdated(one.name)).map((one) => one.name),
    orderCertificate,
    clock,
    random: systemRandom,
    logger,
  });
  onClose('certificates', () => certificates.close());

  const status = () => consoleStatus({ limits, supervisor, drain, pairer, probe, clock });
  const selfTest = new SelfTest({
    identity,
    extraCa,
    outbound,
    runDir: places.runDir,
    dataDir: places.dataDir,
    services: () => supervisor.status,
    certificates: () => certificates.state,
    clock,
    logger,
  });
  const supportBundle = new SupportBundle({
    status,
    selfTest: () => selfTest.finished(),
    certificates: () => certificates.state,
    logOf: (source) => logs.whole(source),
    config,
    secretKeys: secretKeysOf(configSchema),
    clock,
    logger,
  });
  const updateRecord = new UpdateRecordFile(join(places.dataDir, 'updates', 'record.json'));
  const restarter = new Restarter({
    installation: installationOf(config.installDir, import.meta.dirname),
    file: updateRecord,
    supervisor,
    identity,
    probe,
    order: (pid, isOn) => probe.drain(pid, isOn),
    drain,
    startGuard: startGuard({ runDir: places.runDir, recordPath: updateRecord.path, env: process.env }),
    isThere: ({ pid, birth }) => processBirth(pid) === birth,
    clock,
    logger,
  });
  onClose('restarter', () => restarter.close());
  const updates = new Updates({
    restarter,
    installDir: config.installDir === undefined ? undefined : resolve(config.installDir),
    workDir: join(places.dataDir, 'updates'),
    releaseKeys: config.releaseKeys,
    maxBytes: config.maxBundleMiB * 1024 * 1024,
    logger,
  });
  const app = await createApp({
    accounts,
    users: new UserManager({ users: userStore, passwords, sessions, logger }),
    sessions,
    supervisor,
    drain,
    pairer,
    network,
    configurer,
    status,
    logs,
    certificates,
    selfTest,
    supportBundle,
    updates,
    restarter,
    pagesDir: config.pagesDir,
    publicHosts: config.publicHosts,
    tls,
    clock,
    logger,
  });
  const port = await listenHttp(app, {
    host: config.host,
    port: config.port,
    variable: 'GUILDHALL_CONSOLE_PORT',
  });
  onClose('http', () => app.close());
  onClose('services', () => supervisor.close());

  const admin = await startAdmin({
    logger,
    port: config.adminPort,
    // The guard of an update asks it.
    health: () => ({ ok: true, facts: { version: productVersion } }),
    ready: () => ({ ok: true, facts: { paired: pairer.state.paired } }),
    metrics: createMetrics('console'),
    debugState: status,
  });
  onClose('admin', () => admin.close());
  const runFile = await writeRunFile(config.runDir, {
    role: 'console',
    pid: process.pid,
    ports: { http: port },
    adminPort: admin.port,
    startedAt: startedAtMs,
  });
  onClose('run file', () => runFile.remove());
  await supervisor.resume();
  await drain.resume();
  await restarter.resume();
  certificates.start();
  logger.info({ host: config.host, port }, 'console is ready');
}

/** The certificate installed on the console's own pages, else the one of the configuration. */
function installedOr(configured: ServerTls, { installed }: CertificateFiles): ServerTls {
  return installed ? { cert: installed.certPem, key: installed.keyPem } : configured;
}

const tee = new Tee();
await runProgram({
  role: 'console',
  schema: configSchema,
  env: process.env,
  argv: process.argv.slice(2),
  destination: tee,
  start: (config, context) => start(config, tee, context),
});
