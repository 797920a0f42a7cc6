import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { processBirth, readRunFiles } from '@guildhall/kit';
import { runningProcesses } from '../status.ts';
import { bootstrap, readyDeadlineMs } from './bootstrap.ts';
import { Child } from './children.ts';
import { inDataFolder, makeDataFolders } from './data-folder.ts';
import { childSpecs } from './environment.ts';
import { loadFacts, saveFacts, type Facts } from './facts.ts';
import { assertPortsFree } from './ports.ts';
import type { Ready } from './print.ts';
import { portList, readSettings, UsageError, type Settings } from './settings.ts';
import { trustOurAuthority, type TlsFiles, writeTlsFiles } from './tls.ts';

const passwordAlphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Four groups of four: 79 bits, and readable over the telephone. */
const makePassword = (): string =>
  Array.from({ length: 4 }, () =>
    Array.from({ length: 4 }, () => passwordAlphabet[randomInt(passwordAlphabet.length)]).join(''),
  ).join('-');

const factsFor = async (settings: Settings): Promise<{ facts: Facts; ownerIsGuess: boolean }> => {
  const known = await loadFacts(settings.dataDir);
  const facts: Facts = {
    ownerEmail: settings.ownerEmail ?? known?.ownerEmail ?? 'owner@guildhall.example',
    ownerPassword: settings.ownerPassword ?? known?.ownerPassword ?? makePassword(),
    consolePassword: known?.consolePassword ?? makePassword(),
    meetingNumber: known?.meetingNumber ?? null,
  };
  // What the very first start makes up must be there for the next one, however this one ends; later, only what was right.
  if (known === null) await saveFacts(settings.dataDir, facts);
  const isGiven = settings.ownerEmail !== null || settings.ownerPassword !== null;
  return { facts, ownerIsGuess: known !== null && !isGiven };
};

export interface UpOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly host?: string;
  /** How many, as typed. */
  readonly routers?: string;
  readonly controllers?: string;
  /** Says in a line what is being done; goes to the terminal. */
  readonly step: (text: string) => void;
  readonly projectRoot: string;
}

export interface Running {
  readonly ready: Ready;
  stop(): Promise<void>;
}

const assertNotRunning = async (settings: Settings): Promise<void> => {
  const others = await runningProcesses(settings.dataDir);
  const other = others[0];
  if (other !== undefined)
    throw new UsageError(
      `Guildhall already runs with the data folder ${settings.dataDir} (${other.role}, pid ${other.pid}). Stop it first, or choose another folder with GUILDHALL_DATA.`,
    );
};

const waitReady = async (child: Child, url: string): Promise<void> => {
  const deadline = performance.now() + readyDeadlineMs;
  while (performance.now() < deadline) {
    try {
      await fetch(url, { signal: AbortSignal.timeout(2_000) });
      return;
    } catch {
      // Not listening yet.
    }
    if (child.lastExit !== null)
      throw new UsageError(
        `The ${child.role} did not start (${child.lastExit}). Its log is ${child.logFile}`,
      );
    await new Promise((wake) => setTimeout(wake, 40));
  }
  throw new UsageError(
    `The ${child.role} did not answer within ${readyDeadlineMs / 1000} s. Its log is ${child.logFile}`,
  );
};

/**
 * Starts the whole product on this machine and returns when people can meet.
 * @throws UsageError with one sentence about what is in the way; nothing is left running then
 */
export const up = async (options: UpOptions): Promise<Running> => {
  const settings = await readSettings({
    env: options.env,
    cwd: options.cwd,
    defaultDataDir: join(options.projectRoot, 'data'),
    cores: availableParallelism(),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.routers === undefined ? {} : { routers: options.routers }),
    ...(options.controllers === undefined ? {} : { controllers: options.controllers }),
  });
  await makeDataFolders(
    settings.dataDir,
    settings.vms.map(({ runDir }) => runDir),
  );
  await assertNotRunning(settings);
  await assertPortsFree(portList(settings), settings.host === null ? '127.0.0.1' : '0.0.0.0');
  const { facts, ownerIsGuess } = await inDataFolder(settings.dataDir, () => factsFor(settings));
  const tls: TlsFiles | null =
    settings.host === null ? null : await writeTlsFiles(settings.dataDir, settings.host);
  if (tls !== null) trustOurAuthority(tls);

  const scheme = tls === null ? 'http' : 'https';
  const local = (port: number): string => `${scheme}://localhost:${port}`;
  const shown = (port: number): string => `${scheme}://${settings.host ?? 'localhost'}:${port}`;
  const specs = childSpecs({
    settings,
    facts,
    tls,
    projectRoot: options.projectRoot,
    env: options.env,
  });
  const cloud = new Child(specs.cloud, options.step);
  const consoles = specs.consoles.map((spec) => new Child(spec, options.step));
  const stop = async (): Promise<void> => {
    const running = await Promise.all(settings.vms.map(({ runDir }) => readRunFiles(runDir)));
    const children = [...consoles, cloud];
    await Promise.all(children.map((child) => child.stop()));
    for (const child of children) child.kill();
    for (const { pid, birth } of running.flat())
      if (birth !== undefined && processBirth(pid) === birth) process.kill(pid, 'SIGKILL');
  };
  const vms = settings.vms.map(({ role, ports }) => ({ role, consoleUrl: local(ports.console) }));
  try {
    options.step('Starting the cloud and the console');
    cloud.start();
    for (const console of consoles) console.start();
    await Promise.all([
      waitReady(cloud, `${local(settings.portalPort)}/api/v1/openapi.json`),
      ...consoles.map((console, index) => waitReady(console, `${vms[index]?.consoleUrl}/api/v1/me`)),
    ]);
    const { meeting, knowsOwner, knowsConsole } = await bootstrap({
      portalUrl: local(settings.portalPort),
      vms,
      controlUrl: local(settings.portalPort),
      controllerUrls: settings.vms
        .filter(({ role }) => role === 'controller')
        .map(({ ports }) => local(ports.zctrl)),
      owner: { email: facts.ownerEmail, password: facts.ownerPassword, isGuess: ownerIsGuess },
      consolePassword: facts.consolePassword,
      meetingNumber: facts.meetingNumber,
      step: options.step,
    });
    if (meeting) await saveFacts(settings.dataDir, { ...facts, meetingNumber: meeting.number });
    const processes = await runningProcesses(settings.dataDir);
    return {
      stop,
      ready: {
        portal: shown(settings.portalPort),
        console: shown(settings.vms[0].ports.console),
        ...(settings.vms.length > 1 && {
          consoles: settings.vms.map(({ ports }) => shown(ports.console)),
        }),
        owner: { email: facts.ownerEmail, password: knowsOwner ? facts.ownerPassword : '' },
        consoleUser: { username: 'admin', password: knowsConsole ? facts.consolePassword : '' },
        // Without the passcode, which the page asks for.
        joinUrl: meeting?.joinUrl ?? `${shown(settings.portalPort)}/j/${facts.meetingNumber ?? ''}`,
        authority: tls?.authorityCertFile ?? null,
        processes: processes.map(({ role, pid, ports, vm }) => ({ role, pid, ports, vm })),
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
