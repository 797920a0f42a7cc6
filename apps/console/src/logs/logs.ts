import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { logSources, type LogEntry, type LogQuery, type LogSource } from '@guildhall/protocol';
import type { z } from 'zod';
import { LineRedactor } from '../redact-text.ts';
import { entryOf, isAskedFor } from './parse.ts';

type Query = z.output<typeof LogQuery>;
type Reader = (entry: LogEntry) => void;

/** Read from the end of each file when somebody looks; some 2,000 lines. */
const tailBytes = 512 * 1024;
const maxEntries = 500;
/** The oldest first, as `LogFile` rotates them. */
const ages = ['.3', '.2', '.1', ''] as const;

/** The logs of the services and of the console itself: what is on disk, and each line as it is written. */
export class Logs {
  readonly #dir: string;
  readonly #readers = new Set<Reader>();
  readonly #redactors = new Map<LogSource, LineRedactor>();

  /** @param dir where `<source>.log` and its older files are */
  constructor(dir: string) {
    this.#dir = dir;
  }

  pathOf(source: LogSource): string {
    return join(this.#dir, `${source}.log`);
  }

  /** A line was just written to a log. */
  heard(source: LogSource, line: string): void {
    if (this.#readers.size === 0) return;
    let redactor = this.#redactors.get(source);
    if (!redactor) this.#redactors.set(source, (redactor = new LineRedactor()));
    const entry = entryOf(source, line, redactor);
    for (const reader of this.#readers) reader(entry);
  }

  /** The newest lines that were asked for, at most 500, the newest last. Read at once, so that no line is missed before `follow`. */
  tail(query: Query): LogEntry[] {
    const sources = query.source === undefined ? logSources : [query.source];
    const entries = sources.flatMap((source) => {
      const redactor = new LineRedactor();
      return lastLines(this.pathOf(source)).map((line) => entryOf(source, line, redactor));
    });
    // A line without a time belongs to the one before it.
    let timeMs = 0;
    const timed = entries.map((entry) => ({ entry, timeMs: (timeMs = entry.timeMs ?? timeMs) }));
    return timed
      .toSorted((a, b) => a.timeMs - b.timeMs)
      .map(({ entry }) => entry)
      .filter((entry) => isAskedFor(entry, query))
      .slice(-maxEntries);
  }

  /** Hands over each further line that is asked for; the answer ends it. */
  follow(query: Query, reader: Reader): () => void {
    const filtered: Reader = (entry) => {
      if (isAskedFor(entry, query)) reader(entry);
    };
    this.#readers.add(filtered);
    return () => this.#readers.delete(filtered);
  }

  /** The whole log, also its older files, line by line, secrets masked. */
  async *whole(source: LogSource): AsyncGenerator<string> {
    const redactor = new LineRedactor();
    for (const age of ages) {
      const path = `${this.pathOf(source)}${age}`;
      if (!existsSync(path)) continue;
      const input = createReadStream(path, { encoding: 'utf8' });
      for await (const line of createInterface({ input, crlfDelay: Infinity }))
        yield `${redactor.line(line)}\n`;
    }
  }
}

function lastLines(path: string): string[] {
  const lines: string[] = [];
  for (const file of [`${path}.1`, path]) {
    if (existsSync(file)) lines.push(...endOf(file));
  }
  return lines;
}

function endOf(path: string): string[] {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const from = Math.max(0, size - tailBytes);
    const bytes = Buffer.alloc(size - from);
    const read = readSync(file, bytes, 0, bytes.length, from);
    const lines = bytes.toString('utf8', 0, read).split('\n');
    // The first one is cut, unless the file begins there.
    if (from > 0) lines.shift();
    return lines.filter((line) => line !== '');
  } finally {
    closeSync(file);
  }
}
