import { maskText } from '@guildhall/kit';
import { z } from 'zod';
import type { ChildExit } from './child.ts';

const LogLine = z.object({ level: z.enum(['fatal', 'error']), msg: z.string() });
/** What Node prints around the sentence of an uncaught error: the stack, its braces, its version. */
const framing = /^(?:\s|[{}]|Node\.js v)/u;
/** What V8 prints when the heap is at its limit, before it aborts. */
const outOfMemory = /^FATAL ERROR: .*heap out of memory/u;
const maxLength = 260;
// What a process printed is shown in the console: no escape sequences, no invisible characters.
const unprintable = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** Remembers what a process said last about its trouble, so that its end can be explained in a line. */
export class LastWords {
  #fatal: string | undefined;
  #error: string | undefined;
  #isOutOfMemory = false;

  heard(stream: 'out' | 'err', line: string): void {
    if (stream === 'err' && outOfMemory.test(line)) this.#isOutOfMemory = true;
    const log = readLog(line);
    if (log?.level === 'fatal') this.#fatal = log.msg;
    else if (log) this.#error = log.msg;
    else if (stream === 'err' && line !== '' && !framing.test(line)) this.#error = line;
  }

  /** `exit code 1: …` or `memory limit reached (signal SIGABRT)`, at most 300 characters. */
  reasonOf({ code, signal }: ChildExit): string {
    const how =
      signal !== null ? `signal ${signal}` : code !== null ? `exit code ${code}` : 'could not be started';
    if (this.#isOutOfMemory) return `memory limit reached (${how})`;
    const words = this.#fatal ?? this.#error;
    if (words === undefined) return how;
    return `${how}: ${maskText(words).replace(unprintable, ' ').trim().slice(0, maxLength)}`;
  }
}

function readLog(line: string): z.output<typeof LogLine> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return LogLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
