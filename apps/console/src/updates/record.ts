import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EpochMs, ServiceName, UpdateRestart, VersionText } from '@guildhall/protocol';
import { z } from 'zod';

const UpdateRecord = z.object({
  version: VersionText,
  before: VersionText,
  /** `back` after a service of the new version did not become healthy. */
  direction: z.enum(['forward', 'back']),
  step: z.enum(['console', 'services', 'done', 'rolled-back', 'interrupted']),
  /** Those that ran when it began. */
  services: z.array(ServiceName),
  startedAtMs: EpochMs,
  finishedAtMs: EpochMs.nullable(),
  reason: UpdateRestart.shape.reason,
  /** The process that watches over the step `console`. */
  guard: z.object({ pid: z.int().positive(), birth: z.string() }).nullable(),
  /** The operator does not wait for the meetings of the router. */
  isUrgent: z.boolean(),
  /** Whether the end of it is in the log of the console. */
  isLogged: z.boolean(),
});
/** How far the way to another version has come; on disk, for no process lives through all of it. */
export type UpdateRecord = z.output<typeof UpdateRecord>;

/**
 * The record on disk. The guard writes at the end of the step `console` and a console writes otherwise, so that there is
 * one writer at a time.
 */
export class UpdateRecordFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Undefined when there is none, or none that can be read. */
  read(): UpdateRecord | undefined {
    try {
      return UpdateRecord.parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** As a whole: a power cut leaves the old or the new one. */
  write(record: UpdateRecord): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const next = `${this.path}.tmp`;
    writeFileSync(next, `${JSON.stringify(record)}\n`, { mode: 0o600, flush: true });
    renameSync(next, this.path);
  }
}

/** Which version the way leads to. */
export const targetOf = ({ direction, version, before }: UpdateRecord): string =>
  direction === 'forward' ? version : before;

/** One rename: whoever starts now gets the old version or the new one, never a half. */
export function pointTo(installDir: string, version: string): void {
  const next = join(installDir, 'current.tmp');
  rmSync(next, { force: true });
  symlinkSync(join('versions', version), next);
  renameSync(next, join(installDir, 'current'));
}
