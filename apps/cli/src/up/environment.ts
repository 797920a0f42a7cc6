import { join } from 'node:path';
import type { ChildSpec } from './children.ts';
import type { Facts } from './facts.ts';
import type { Settings, Vm } from './settings.ts';
import type { TlsFiles } from './tls.ts';

/** What of our own environment a child may see; everything else it gets is named here. */
const inherited = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'MEDIASOUP_WORKER_BIN'] as const;

export interface Inputs {
  readonly settings: Settings;
  readonly facts: Facts;
  readonly tls: TlsFiles | null;
  readonly projectRoot: string;
  readonly env: NodeJS.ProcessEnv;
}

const common = ({ tls, env }: Inputs): Record<string, string> => {
  const picked: Record<string, string> = {};
  for (const name of inherited) {
    const value = env[name];
    if (value !== undefined) picked[name] = value;
  }
  // Between our own processes the installation's authority is trusted beside the public ones.
  if (tls !== null) picked['NODE_EXTRA_CA_CERTS'] = tls.authorityCertFile;
  return picked;
};

/** Settings of the two services which whoever starts all this gives, beside those that are decided below. */
const tuned = ({ env }: Inputs): Record<string, string> => {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && /^GUILDHALL_(?:ZCTRL|MMR)_/u.test(name)) picked[name] = value;
  return picked;
};

/** How much one router takes, for those who want to see a meeting grow over several. */
const limitsOf = ({ env }: Inputs): Record<string, string> => {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && name.startsWith('GUILDHALL_CLOUD_LIMITS')) picked[name] = value;
  return picked;
};

const cloudEnvironment = (inputs: Inputs): Record<string, string> => {
  const { settings, facts, tls, env } = inputs;
  const { host, portalPort } = settings;
  const variables: Record<string, string> = {
    ...common(inputs),
    ...limitsOf(inputs),
    GUILDHALL_CLOUD_HOST: tls === null ? '127.0.0.1' : '0.0.0.0',
    GUILDHALL_CLOUD_PORT: String(portalPort),
    GUILDHALL_CLOUD_PUBLIC_URL: `${tls === null ? 'http' : 'https'}://${host ?? 'localhost'}:${portalPort}`,
    GUILDHALL_CLOUD_DATA_DIR: join(settings.dataDir, 'cloud'),
    GUILDHALL_CLOUD_RUN_DIR: settings.runDir,
    GUILDHALL_OWNER_EMAIL: facts.ownerEmail,
    GUILDHALL_OWNER_PASSWORD: facts.ownerPassword,
  };
  const databaseUrl = env['GUILDHALL_DATABASE_URL'];
  if (databaseUrl !== undefined) variables['GUILDHALL_DATABASE_URL'] = databaseUrl;
  if (tls !== null) {
    variables['GUILDHALL_CLOUD_TLS_CERT_FILE'] = tls.certFile;
    variables['GUILDHALL_CLOUD_TLS_KEY_FILE'] = tls.keyFile;
    variables['GUILDHALL_CLOUD_AUTHORITY_DIR'] = tls.authorityDir;
  }
  return variables;
};

const consoleEnvironment = (inputs: Inputs, { ports, dataDir, runDir }: Vm): Record<string, string> => {
  const { settings, facts, tls } = inputs;
  const [http, ws] = tls === null ? ['http', 'ws'] : ['https', 'wss'];
  const host = tls === null ? '127.0.0.1' : '0.0.0.0';
  const shown = settings.host ?? 'localhost';
  const identityFile = join(dataDir, 'node', 'identity.json');
  const controllers = settings.vms.filter(({ role }) => role === 'controller');
  const variables: Record<string, string> = {
    ...common(inputs),
    ...tuned(inputs),
    GUILDHALL_CONSOLE_HOST: host,
    GUILDHALL_CONSOLE_PORT: String(ports.console),
    GUILDHALL_CONSOLE_DATA_DIR: join(dataDir, 'console'),
    GUILDHALL_CONSOLE_IDENTITY_FILE: identityFile,
    GUILDHALL_CONSOLE_LOG_DIR: join(dataDir, 'logs'),
    GUILDHALL_CONSOLE_RUN_DIR: runDir,
    GUILDHALL_CONSOLE_INITIAL_PASSWORD: facts.consolePassword,
    // `npm start` prints this password, so it must go on working; on a real node the first sign-in changes it.
    GUILDHALL_CONSOLE_INITIAL_PASSWORD_FINAL: 'true',
    GUILDHALL_ZCTRL_HOST: host,
    GUILDHALL_ZCTRL_PORT: String(ports.zctrl),
    GUILDHALL_ZCTRL_PUBLIC_URLS: `${http}://${shown}:${ports.zctrl}`,
    // As paired it would be right too, until a start moves the portal to another port or to TLS.
    GUILDHALL_ZCTRL_CONTROL_URL: `${http}://localhost:${settings.portalPort}`,
    GUILDHALL_ZCTRL_IDENTITY_FILE: identityFile,
    GUILDHALL_ZCTRL_DATA_DIR: join(dataDir, 'zctrl'),
    GUILDHALL_ZCTRL_RUN_DIR: runDir,
    GUILDHALL_MMR_HOST: host,
    GUILDHALL_MMR_PORT: String(ports.mmr),
    GUILDHALL_MMR_SIGNALLING_URLS: `${ws}://${shown}:${ports.mmr}/v1/meeting`,
    GUILDHALL_MMR_CONTROLLERS: controllers
      .map((one) => `${ws}://localhost:${one.ports.zctrl}/v1/router`)
      .join(','),
    GUILDHALL_MMR_IDENTITY_FILE: identityFile,
    GUILDHALL_MMR_DATA_DIR: join(dataDir, 'mmr'),
    GUILDHALL_MMR_RUN_DIR: runDir,
    GUILDHALL_MEDIA_PORT: String(ports.media),
    GUILDHALL_MMR_ICE_TCP_PORT: String(ports.iceTcp),
    GUILDHALL_MMR_MEDIA_LISTEN_IP: host,
    GUILDHALL_MMR_WORKERS: String(settings.workers),
  };
  const announced = inputs.env['GUILDHALL_MMR_MEDIA_ANNOUNCED'];
  if (tls !== null) {
    variables['GUILDHALL_CONSOLE_PUBLIC_HOSTS'] = shown;
    variables['GUILDHALL_MMR_MEDIA_ANNOUNCED'] = settings.mediaAddresses.join(',');
    for (const role of ['CONSOLE', 'ZCTRL', 'MMR']) {
      variables[`GUILDHALL_${role}_TLS_CERT_FILE`] = tls.certFile;
      variables[`GUILDHALL_${role}_TLS_KEY_FILE`] = tls.keyFile;
    }
  }
  // Behind NAT only the operator knows the outside address.
  if (announced !== undefined && announced !== '') variables['GUILDHALL_MMR_MEDIA_ANNOUNCED'] = announced;
  return variables;
};

/** The processes `up` starts, with all they need to know; each console hands zctrl and mmr their part on. */
export const childSpecs = (inputs: Inputs): { cloud: ChildSpec; consoles: ChildSpec[] } => ({
  cloud: {
    role: 'cloud',
    main: join(inputs.projectRoot, 'apps', 'cloud', 'src', 'main.ts'),
    env: cloudEnvironment(inputs),
    logDir: join(inputs.settings.dataDir, 'logs'),
  },
  consoles: inputs.settings.vms.map((vm) => ({
    role: 'console',
    main: join(inputs.projectRoot, 'apps', 'console', 'src', 'main.ts'),
    env: consoleEnvironment(inputs, vm),
    logDir: join(vm.dataDir, 'logs'),
  })),
});
