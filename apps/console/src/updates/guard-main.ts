import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createLogger,
  lifeLineOf,
  lifeLineVariable,
  processBirth,
  readRunFile,
  systemClock,
  watchLifeLine,
} from '@guildhall/kit';
import { z } from 'zod';
import { Guard, type Answering, type ProcessMark } from './guard.ts';
import { UpdateRecordFile } from './record.ts';

/**
 * `node guard-main.ts --install-dir … --run-dir … --record … --pid … --birth … [--life-line 3] [--supervised] -- <arguments of the console>`,
 * started by the console that is about to be replaced. Its environment, its life line and the flags of its Node are the
 * console's own, for it hands them on.
 */
const text = { type: 'string' } as const;
const parsed = parseArgs({
  allowPositionals: true,
  options: {
    'install-dir': text,
    'run-dir': text,
    record: text,
    pid: text,
    birth: text,
    'life-line': text,
    supervised: { type: 'boolean', default: false },
  },
});
const values = z
  .object({
    'install-dir': z.string(),
    'run-dir': z.string(),
    record: z.string(),
    pid: z.coerce.number().int().positive(),
    birth: z.string(),
    'life-line': z.string().optional(),
    supervised: z.boolean(),
  })
  .parse(parsed.values);
const Health = z.object({ ok: z.literal(true), version: z.string().optional() });

const installDir = values['install-dir'];
const current = join(installDir, 'current');
const script = join(current, 'apps', 'console', 'src', 'main.ts');
const logger = createLogger({ role: 'console-guard' });
const lifeLine = lifeLineOf({ [lifeLineVariable]: values['life-line'] });
// Whoever launched the console and is gone takes us along.
if (lifeLine !== undefined) watchLifeLine(lifeLine, () => process.exit());

const isThere = ({ pid, birth }: ProcessMark): boolean => processBirth(pid) === birth;

function start() {
  const own = join(current, 'node_modules', '.bin', 'node');
  const child = spawn(
    // The version brings its Node along, unless it uses that of the machine.
    existsSync(own) ? own : process.execPath,
    [...process.execArgv, script, ...parsed.positionals],
    // Our life line is at the descriptor its variable names, which we got from the console.
    { stdio: ['ignore', 'inherit', 'inherit', lifeLine ?? 'ignore'], detached: true, shell: false },
  );
  let hasEnded = false;
  child.once('error', () => (hasEnded = true));
  child.once('exit', () => (hasEnded = true));
  child.unref();
  return { hasEnded: () => hasEnded };
}

async function answering(): Promise<Answering | undefined> {
  const facts = readRunFile(values['run-dir'], 'console');
  if (facts?.birth === undefined) return undefined;
  try {
    const response = await fetch(`http://127.0.0.1:${facts.adminPort}/healthz`, {
      signal: AbortSignal.timeout(2_000),
      redirect: 'error',
    });
    const { version } = Health.parse(await response.json());
    return { pid: facts.pid, birth: facts.birth, version };
  } catch {
    // Not yet, or not any more.
    return undefined;
  }
}

/** By their command line, for a broken one leaves no run file. */
function consoles(): ProcessMark[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => {
      const pid = Number(name);
      const birth = processBirth(pid);
      return birth !== undefined && wordsOf(pid).includes(script) ? [{ pid, birth }] : [];
    });
}

function wordsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

const guard = new Guard({
  installDir,
  file: new UpdateRecordFile(values.record),
  old: values,
  answering,
  start: values.supervised ? undefined : start,
  consoles,
  isThere,
  kill: (one, signal) => {
    try {
      if (isThere(one)) process.kill(one.pid, signal);
    } catch {
      // It ended between the look and the signal, or is somebody else's.
    }
  },
  clock: systemClock,
  logger,
});
await guard.run();
