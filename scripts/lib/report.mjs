// What set-up tells the person who waits for it. Everything goes to stderr, so that stdout stays clean
// for results (`npm start -- --json`).

import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './paths.mjs';

const KEPT_LOGS = 10;
/** How often a step that says nothing new is mentioned again when stderr is not a terminal. */
const PLAIN_LINE_EVERY_MS = 20_000;

/** A failure that one sentence explains: what is missing, and how to get it. */
export class SetUpError extends Error {}

/**
 * @typedef {object} Step
 * @property {(what: string) => void} update says what is being waited for now
 * @property {(what?: string) => void} done
 * @property {() => void} fail ends it without a word; the failure's own sentence follows
 */

/** One run's progress and its log file. */
export class Report {
  /** @type {string | undefined} */
  #logFile;
  /** Told what is being done, whenever that changes. @type {(what: string) => void} */
  onStatus = () => {};
  #prefix;
  #tty;

  /** @param {{ name: string }} options `name` starts the log file's name. */
  constructor({ name }) {
    this.#prefix = name;
    this.#tty = process.stderr.isTTY;
  }

  /** Path of this run's log file; made at the first use. */
  get logFile() {
    if (!this.#logFile) {
      const directory = cacheFolder('logs');
      const old = readdirSync(directory).toSorted();
      for (const file of old.slice(0, Math.max(0, old.length - KEPT_LOGS + 1))) {
        rmSync(join(directory, file), { force: true });
      }
      const time = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
      this.#logFile = join(directory, `${time}-${this.#prefix}-${process.pid}.log`);
      writeFileSync(this.#logFile, `${new Date().toISOString()} ${process.argv.join(' ')}\n`);
    }
    return this.#logFile;
  }

  /** Adds to the log file only. @param {string} text */
  log(text) {
    appendFileSync(this.logFile, text.endsWith('\n') ? text : `${text}\n`);
  }

  /** A line for the person. @param {string} text */
  note(text) {
    process.stderr.write(`${text}\n`);
  }

  /**
   * Starts a step that takes long enough to be waited for. Shows `[2/3] what, N s`: rewritten in place on a
   * terminal, else one line at the start, now and then, and at the end.
   * @param {string} label
   * @param {string} what
   * @returns {Step}
   */
  step(label, what) {
    const startedAt = Date.now();
    this.onStatus(what);
    let shown = what;
    let lastLineAt = startedAt;
    const seconds = () => Math.round((Date.now() - startedAt) / 1000);
    const line = () => `${label} ${shown}${seconds() > 0 ? `, ${seconds()} s` : ''}`;
    const draw = () => {
      if (this.#tty) {
        process.stderr.write(`\r\u001B[K${line().slice(0, (process.stderr.columns ?? 100) - 1)}`);
      } else if (Date.now() - lastLineAt >= PLAIN_LINE_EVERY_MS) {
        lastLineAt = Date.now();
        this.note(line());
      }
    };
    if (this.#tty) draw();
    else this.note(`${label} ${what}`);
    const timer = setInterval(draw, 1000);
    timer.unref();
    return {
      update: (next) => {
        if (next !== shown) {
          shown = next;
          this.onStatus(next);
          draw();
        }
      },
      done: (text = 'done') => {
        clearInterval(timer);
        this.note(`${this.#tty ? '\r\u001B[K' : ''}${label} ${text} (${seconds()} s)`);
      },
      fail: () => {
        clearInterval(timer);
        if (this.#tty) process.stderr.write('\r\u001B[K');
      },
    };
  }
}

/**
 * Runs a main function; a failure becomes one sentence on stderr and exit code 1.
 * @param {Report} report
 * @param {() => Promise<void>} main
 */
export async function runMain(report, main) {
  try {
    await main();
  } catch (error) {
    const expected = error instanceof SetUpError;
    report.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const sentence = expected ? error.message : `Set-up stopped unexpectedly: ${String(error)}`;
    process.stderr.write(`${sentence} (details: ${report.logFile})\n`);
    process.exit(1);
  }
}
