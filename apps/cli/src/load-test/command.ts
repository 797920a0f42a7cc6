import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { cacheDirOf } from '@guildhall/bots/cache-dir';
import type { LoadWish } from '../load/types.ts';
import { runningProcesses } from '../status.ts';
import { BadArguments, type LoadNumbers } from './options.ts';

export interface LoadTestInputs {
  readonly numbers: LoadNumbers;
  readonly portal: string | undefined;
  readonly isAllowedAnywhere: boolean;
  readonly dataDir: string;
  /** Of evaluation mode, null when this machine never ran it. */
  readonly owner: { readonly email: string; readonly password: string } | null;
  /** `<data>/authority/authority.crt` where evaluation mode serves over TLS. */
  readonly authorityFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly program: string;
}

const near = new BlockList();
near.addSubnet('127.0.0.0', 8);
near.addSubnet('10.0.0.0', 8);
near.addSubnet('172.16.0.0', 12);
near.addSubnet('192.168.0.0', 16);
near.addSubnet('169.254.0.0', 16);
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

const isNear = async (host: string): Promise<boolean> => {
  const bare = host.replace(/^\[|\]$/gu, '');
  const addresses = isIP(bare) ? [bare] : (await lookup(bare, { all: true })).map(({ address }) => address);
  return addresses.every((address) => near.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
};

const assertMayLoad = async (portalUrl: string): Promise<void> => {
  const { hostname } = new URL(portalUrl);
  let isOurs = false;
  try {
    isOurs = await isNear(hostname);
  } catch {
    throw new BadArguments(`The portal's name ${hostname} is not known here. Check --portal.`);
  }
  if (!isOurs)
    throw new BadArguments(
      `${hostname} is not on this machine or in a private network. A load test can take a service down: if it is yours, say --yes-i-may.`,
    );
};

/** Where the portal of this machine answers: run files name the port, and trying it tells whether it speaks TLS. */
const localPortal = async (dataDir: string): Promise<string> => {
  const processes = await runningProcesses(dataDir);
  const port = processes.find(({ role }) => role.startsWith('cloud'))?.ports['http'];
  if (port === undefined)
    throw new BadArguments(
      'Guildhall is not running with this data folder. Start it with "npm start", or name a portal with --portal.',
    );
  const plain = `http://localhost:${port}`;
  try {
    await fetch(`${plain}/api/v1/openapi.json`, { signal: AbortSignal.timeout(5_000) });
    return plain;
  } catch {
    return `https://localhost:${port}`;
  }
};

const portalOf = (text: string): string => {
  if (!/^https?:\/\/[^/\s]+\/?$/u.test(text) || !URL.canParse(text))
    throw new BadArguments(`--portal takes an address such as https://meet.example.org, not "${text}".`);
  return text.replace(/\/$/u, '');
};

const ownerOf = ({ env, owner }: LoadTestInputs, isRemote: boolean): LoadWish['owner'] => {
  const email = env['GUILDHALL_OWNER_EMAIL'];
  const password = env['GUILDHALL_OWNER_PASSWORD'];
  if (email !== undefined && password !== undefined) return { email, password };
  if (owner !== null && !isRemote) return owner;
  throw new BadArguments(
    'Who makes the meetings? Give GUILDHALL_OWNER_EMAIL and GUILDHALL_OWNER_PASSWORD in the environment.',
  );
};

/** What the program is told. @throws BadArguments in one sentence */
const wishOf = async (inputs: LoadTestInputs): Promise<LoadWish> => {
  const { numbers, env, dataDir } = inputs;
  const isRemote = inputs.portal !== undefined;
  const portalUrl = inputs.portal === undefined ? await localPortal(dataDir) : portalOf(inputs.portal);
  if (!inputs.isAllowedAnywhere) await assertMayLoad(portalUrl);
  const cores = availableParallelism();
  const { isPinned, ...rest } = numbers;
  const core = cores > 1 && existsSync('/usr/bin/taskset') ? cores - 1 : null;
  return {
    ...rest,
    portalUrl,
    owner: ownerOf(inputs, isRemote),
    dataDir: isRemote ? null : dataDir,
    cacheDir: cacheDirOf(env),
    core,
    serverCores: isPinned && core !== null ? Array.from({ length: cores - 1 }, (_, index) => index) : null,
  };
};

/**
 * Runs the load in a process of its own, on a CPU of its own where there are several.
 * @returns its exit code
 * @throws BadArguments in one sentence
 */
export const loadTest = async (inputs: LoadTestInputs): Promise<number> => {
  const wish = await wishOf(inputs);
  const node = [process.execPath, inputs.program];
  const [command, ...args] = wish.core === null ? node : ['taskset', '-c', String(wish.core), ...node];
  const authority = wish.portalUrl.startsWith('https:') && existsSync(inputs.authorityFile);
  const child = spawn(command ?? process.execPath, args, {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...inputs.env, ...(authority ? { NODE_EXTRA_CA_CERTS: inputs.authorityFile } : {}) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(wish));
  const gone: unknown[] = await once(child, 'close');
  return typeof gone[0] === 'number' ? gone[0] : 1;
};
