import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { processBirth } from './process-birth.ts';

const RunFacts = z.object({
  role: z.string().regex(/^[a-z][a-z0-9-]*$/),
  pid: z.int().positive(),
  /** What it listens on, by purpose (`http`, `signalling`, `media`). */
  ports: z.record(z.string(), z.int()),
  /** Loopback port of /healthz, /readyz, /metrics and /debug/state. */
  adminPort: z.int(),
  /** Epoch milliseconds. */
  startedAt: z.int(),
  /** Processes below it, e.g. media workers. */
  workers: z.array(z.int()).optional(),
  /** Tells it from a later process with the same id, see `processBirth`; not where there is no /proc. */
  birth: z.string().max(100).optional(),
});
/** What a running process tells about itself to who shares its data directory. */
export type RunFacts = z.output<typeof RunFacts>;

/** The `<runDir>/<role>.json` of one running process. */
export interface RunFile {
  readonly path: string;
  /** Replaces the file as a whole: a reader sees the old or the new facts. */
  update(change: Partial<Omit<RunFacts, 'role' | 'pid'>>): Promise<void>;
  /** Idempotent. Leaves the file of a successor alone. */
  remove(): Promise<void>;
}

/** Tells the world that the process is ready. @throws system errors of a directory which cannot be written */
export async function writeRunFile(runDir: string, facts: Omit<RunFacts, 'birth'>): Promise<RunFile> {
  const path = join(runDir, `${facts.role}.json`);
  let current = RunFacts.parse({ ...facts, birth: processBirth(facts.pid) });
  await mkdir(runDir, { recursive: true });
  await replace(path, current);
  return {
    path,
    async update(change) {
      current = RunFacts.parse({ ...current, ...change });
      await replace(path, current);
    },
    async remove() {
      const written = await readOne(path);
      if (written?.pid === current.pid) await rm(path, { force: true });
    },
  };
}

/**
 * The processes which say they run, by role. Files which are unreadable, whose process is gone or whose process id is
 * another's by now are left out.
 */
export async function readRunFiles(runDir: string): Promise<RunFacts[]> {
  const names = await readdir(runDir).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  const facts = await Promise.all(files.map((name) => readOne(join(runDir, name))));
  return facts.filter((one) => one !== undefined).filter(isRunning);
}

/** The process of one role, at once; undefined when it is gone, as `readRunFiles` leaves it out. */
export function readRunFile(runDir: string, role: string): RunFacts | undefined {
  try {
    const facts = RunFacts.parse(JSON.parse(readFileSync(join(runDir, `${role}.json`), 'utf8')));
    return facts.role === role && isRunning(facts) ? facts : undefined;
  } catch {
    return undefined;
  }
}

function isRunning({ pid, birth }: RunFacts): boolean {
  return birth === undefined ? isProcessAlive(pid) : processBirth(pid) === birth;
}

/** Whether a process of this id exists (signal 0). */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function readOne(path: string): Promise<RunFacts | undefined> {
  try {
    return RunFacts.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function replace(path: string, facts: RunFacts): Promise<void> {
  const next = `${path}.${process.pid}.tmp`;
  await writeFile(next, `${JSON.stringify(facts)}\n`, { mode: 0o644 });
  await rename(next, path);
}
