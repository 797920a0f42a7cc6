import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { EngineEvent, type MediaReport, type Order, type TransportState } from './messages.ts';

export interface BotEngineOptions {
  /** Path of the native program, see `buildNative`. */
  readonly binary: string;
  /** The CPU it is kept on; absent: as this process. */
  readonly core?: number;
  /** What the program complains about, line by line. */
  readonly onComplaint?: (line: string) => void;
}

type Listener = (state: TransportState) => void;

/** The native program with the media of all bots of this process. */
export class BotEngine implements AsyncDisposable {
  /** Of the one certificate all bots show. */
  readonly fingerprint: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #listeners = new Map<number, Listener>();
  readonly #questions = new Map<number, (report: MediaReport) => void>();
  readonly #senders = new Map<string, number>();
  #lastId = 0;
  #gone: Promise<unknown>;

  private constructor(child: ChildProcess, fingerprint: string, pid: number) {
    this.#child = child;
    this.fingerprint = fingerprint;
    this.pid = pid;
    this.#gone = once(child, 'exit');
  }

  /** @throws Error when the program does not start */
  static async start({ binary, core, onComplaint }: BotEngineOptions): Promise<BotEngine> {
    const [command, args] = core === undefined ? [binary, []] : ['taskset', ['-c', String(core), binary]];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    // Orders to a program that has just ended have no one to read them.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => onComplaint?.(line));
    const lines = createInterface({ input: child.stdout });
    let engine: BotEngine | undefined;
    return new Promise((ready, failed) => {
      child.once('error', failed);
      child.once('exit', (code) => failed(new Error(`The bots' program ended at once with ${code}.`)));
      lines.on('line', (line) => {
        const event = EngineEvent.parse(JSON.parse(line));
        if (event.event === 'ready') ready((engine = new BotEngine(child, event.fingerprint, event.pid)));
        else if (engine) engine.#on(event);
      });
    });
  }

  /** A number nobody else of this engine has. */
  newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  order(order: Order): void {
    if (this.#child.stdin?.writable === true) this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  onState(transport: number, listener: Listener | null): void {
    if (listener) this.#listeners.set(transport, listener);
    else this.#listeners.delete(transport);
  }

  /** Remembers under which name a sender is known to the router, so that receivers of it can be counted against it. */
  name(name: string, sender: number | null): void {
    if (sender === null) this.#senders.delete(name);
    else this.#senders.set(name, sender);
  }
  senderNamed(name: string): number {
    return this.#senders.get(name) ?? 0;
  }

  /** From now on it is measured, until `end`. */
  begin(): void {
    this.order({ do: 'begin' });
  }
  end(): void {
    this.order({ do: 'end' });
  }
  /** What was measured. @param without receivers that were not meant to get anything */
  report(without: readonly number[] = []): Promise<MediaReport> {
    const question = this.newId();
    return new Promise((answered, failed) => {
      this.#questions.set(question, answered);
      this.order({ do: 'report', question, without });
      void this.#gone.then(() => failed(new Error("The bots' program is gone.")));
    });
  }

  /** Ends the program. Idempotent. */
  async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#gone;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #on(event: EngineEventOut): void {
    if (event.event === 'state') this.#listeners.get(event.transport)?.(event.state);
    if (event.event !== 'report') return;
    this.#questions.get(event.question)?.(event);
    this.#questions.delete(event.question);
  }
}

type EngineEventOut = ReturnType<(typeof EngineEvent)['parse']>;
