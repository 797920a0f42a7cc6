import { maskText } from '@guildhall/kit';
import { z } from 'zod';
import type { ChildExit } from './child.ts';

const LogLine = z.object({ level: z.string(), msg: z.string() });
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

  heard(line: string): void {
    if (outOfMemory.test(line)) this.#isOutOfMemory = true;
    const log = readLog(line);
    if (log?.level === 'fatal') this.#fatal = log.msg;
    else if (log?.level === 'error') this.#error = log.msg;
    else if (!log && line !== '' && !framing.test(line)) this.#error = line;
  }

  /** `exit code 1: …` or `memory limit reached (signal SIGABRT)`, at most 300 characters. */
  reasonOf(exit: ChildExit): string {
    const how = howOf(exit);
    if (this.#isOutOfMemory) return `memory limit reached (${how})`;
    const words = this.#fatal ?? this.#error ?? exit.error;
    if (words === undefined) return how;
    return `${how}: ${maskText(words).replace(unprintable, ' ').trim().slice(0, maxLength)}`;
  }
}

function howOf({ code, signal, isAdopted = false }: ChildExit): string {
  if (signal !== null) return `signal ${signal}`;
  if (code !== null) return `exit code ${code}`;
  return isAdopted ? 'ended' : 'could not be started';
}

function readLog(line: string): z.output<typeof LogLine> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return LogLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
