import {
  platformClock,
  platformRandom,
  type LinkClock,
  type LinkLogger,
  type LinkRandom,
  type TimerHandle,
} from './clock.ts';
import { GuildhallError, isGuildhallError } from './errors.ts';
import type { CloseInfo, Pipe } from './pipe.ts';

export interface BackoffOptions {
  /** Upper bound of the first wait. */
  firstMs: number;
  /** Upper bound of every wait. */
  maxMs: number;
}

/** Exponential backoff with full jitter: uniform in [0, min(maxMs, firstMs·2^attempt)]. `attempt` counts from 0. */
export function backoffDelayMs(
  attempt: number,
  { firstMs, maxMs }: BackoffOptions,
  random: LinkRandom,
): number {
  // 2^30 is beyond every bound in use; a larger exponent would only reach Infinity.
  const ceilingMs = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(random.float() * ceilingMs);
}

export type LinkState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'connected' }
  | {
      readonly kind: 'waiting';
      readonly attempt: number;
      readonly retryInMs: number;
      readonly why: string;
      readonly code: string;
    }
  /** For good: closed by us, or the other side's refusal is final. */
  | { readonly kind: 'closed'; readonly error: GuildhallError | undefined };

export interface ReconnectingLinkOptions<Session> {
  /** Opens the transport. Must give up when the signal is aborted. */
  dial: (signal: AbortSignal) => Promise<Pipe>;
  /**
   * Runs on each new pipe: makes the peer, says hello, resumes. `connected` is told when it resolves. When it rejects,
   * the pipe is closed and the link waits and dials again.
   */
  hello: (pipe: Pipe, signal: AbortSignal) => Promise<Session>;
  /** True when dialling again cannot help (a refused seat). Default: never. */
  isFinal?: (error: GuildhallError) => boolean;
  /** True when a close by the other side is for good (removed, replaced, meeting ended). Default: never. */
  isFinalClose?: (info: CloseInfo) => boolean;
  backoff?: Partial<BackoffOptions>;
  /** Another backoff after this failure, such as a refusal that will hold for long. Default: the same as ever. */
  backoffAfter?: (error: GuildhallError) => BackoffOptions | undefined;
  /** How long a link must hold before the backoff starts over; default 10,000 ms. */
  stableAfterMs?: number;
  /** How long dial and hello may take together; default 15,000 ms. */
  attemptTimeoutMs?: number;
  clock?: LinkClock;
  random?: LinkRandom;
  logger?: LinkLogger;
}

/** A link which is dialled again whenever it breaks. What is resumed after a break is the contract's business. */
export interface ReconnectingLink<Session> {
  readonly state: LinkState;
  /** What `hello` answered, while connected. */
  readonly session: Session | undefined;
  /** Told of every change of state. Returns how to stop. */
  onState(callback: (state: LinkState) => void): () => void;
  /** Starts to dial; later calls do nothing. */
  start(): void;
  /** Ends a wait now (the network is back, the person pressed "try again"). */
  retryNow(): void;
  /** Resolves with the session as soon as connected; rejects when closed for good. */
  connected(): Promise<Session>;
  /** Idempotent. */
  close(code?: number, reason?: string): void;
}

const defaultBackoff: BackoffOptions = { firstMs: 500, maxMs: 30_000 };

/** A link that is dialled by `start`, made again with growing waits whenever it breaks, and ends with `close`. */
export function createReconnectingLink<Session>(
  options: ReconnectingLinkOptions<Session>,
): ReconnectingLink<Session> {
  return new Link(options);
}

class Link<Session> implements ReconnectingLink<Session> {
  readonly #options: ReconnectingLinkOptions<Session>;
  readonly #clock: LinkClock;
  readonly #watchers = new Set<(state: LinkState) => void>();
  #state: LinkState = { kind: 'idle' };
  #session: Session | undefined;
  #pipe: Pipe | undefined;
  #abort = new AbortController();
  #failures = 0;
  #wait: TimerHandle | undefined;
  #stable: TimerHandle | undefined;

  constructor(options: ReconnectingLinkOptions<Session>) {
    this.#options = options;
    this.#clock = options.clock ?? platformClock;
  }

  get state(): LinkState {
    return this.#state;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  onState(callback: (state: LinkState) => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  start(): void {
    if (this.#state.kind === 'idle') void this.#attempt();
  }

  retryNow(): void {
    if (this.#state.kind !== 'waiting') return;
    this.#wait?.cancel();
    void this.#attempt();
  }

  connected(): Promise<Session> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        if (this.#state.kind === 'connected' && this.#session !== undefined) resolve(this.#session);
        else if (this.#state.kind === 'closed') reject(this.#state.error ?? closedByUs());
        else return false;
        return true;
      };
      if (look()) return;
      const stop = this.onState(() => {
        if (look()) stop();
      });
    });
  }

  close(code?: number, reason?: string): void {
    this.#finish(undefined, code, reason);
  }

  #finish(error: GuildhallError | undefined, code?: number, reason?: string): void {
    if (this.#state.kind === 'closed') return;
    this.#enter({ kind: 'closed', error });
    this.#wait?.cancel();
    this.#stable?.cancel();
    this.#abort.abort();
    this.#session = undefined;
    // Let go of it first: a pipe tells its watchers at once, and ours would take this close for a lost link.
    const pipe = this.#pipe;
    this.#pipe = undefined;
    pipe?.close(code, reason);
  }

  #enter(state: LinkState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher(state);
  }

  async #attempt(): Promise<void> {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#enter({ kind: 'connecting', attempt: this.#failures });
    const limitMs = this.#options.attemptTimeoutMs ?? 15_000;
    const { promise: late, reject } = Promise.withResolvers<never>();
    late.catch(() => undefined);
    const timer = this.#clock.setTimeout(() => {
      reject(new GuildhallError('request.timeout', `The other side did not answer within ${limitMs} ms.`));
    }, limitMs);
    let pipe: Pipe | undefined;
    try {
      const dialled = this.#options.dial(signal);
      // A pipe which arrives after we gave up is nobody's.
      void dialled.then(
        (one) => signal.aborted && one.close(),
        () => undefined,
      );
      pipe = await Promise.race([dialled, late]);
      if (signal.aborted) return;
      this.#pipe = pipe;
      const broken = new Promise<never>((_, no) => pipe?.onClose((info) => no(new ClosedPipe(info))));
      broken.catch(() => undefined);
      const session = await Promise.race([this.#options.hello(pipe, signal), late, broken]);
      if (signal.aborted) return;
      this.#open(pipe, session);
    } catch (error) {
      if (this.#abort.signal !== signal || signal.aborted) return;
      this.#abort.abort();
      this.#pipe = undefined;
      pipe?.close();
      this.#broke(error);
    } finally {
      timer.cancel();
    }
  }

  #open(pipe: Pipe, session: Session): void {
    this.#session = session;
    this.#stable = this.#clock.setTimeout(() => {
      this.#failures = 0;
    }, this.#options.stableAfterMs ?? 10_000);
    pipe.onClose((info) => {
      if (this.#pipe !== pipe) return;
      this.#stable?.cancel();
      this.#pipe = undefined;
      this.#session = undefined;
      this.#broke(new ClosedPipe(info));
    });
    this.#enter({ kind: 'connected' });
  }

  #broke(cause: unknown): void {
    const error = toGuildhallError(cause);
    const final =
      cause instanceof ClosedPipe ? this.#options.isFinalClose?.(cause.info) : this.#options.isFinal?.(error);
    if (final) return this.#finish(error);
    const attempt = this.#failures++;
    const backoff = this.#options.backoffAfter?.(error) ?? { ...defaultBackoff, ...this.#options.backoff };
    const jitterMs = backoffDelayMs(attempt, backoff, this.#options.random ?? platformRandom);
    // A hint of the other side is a lower bound, bounded itself: nobody may park us for a day.
    const retryInMs = Math.max(jitterMs, Math.min(error.retryAfterMs ?? 0, backoff.maxMs));
    if (attempt === 0)
      this.#options.logger?.warn({ code: error.code, retryInMs }, `link lost: ${error.message}`);
    this.#wait = this.#clock.setTimeout(() => void this.#attempt(), retryInMs);
    this.#enter({ kind: 'waiting', attempt, retryInMs, why: error.message, code: error.code });
  }
}

class ClosedPipe extends Error {
  readonly info: CloseInfo;
  constructor(info: CloseInfo) {
    super(`The link was closed (${info.code}${info.reason === '' ? '' : `: ${info.reason}`}).`);
    this.info = info;
  }
}

function toGuildhallError(cause: unknown): GuildhallError {
  if (isGuildhallError(cause)) return cause;
  if (cause instanceof ClosedPipe) {
    return new GuildhallError('link.closed', cause.message, { details: { ...cause.info } });
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return new GuildhallError('link.unreachable', message, { cause });
}

function closedByUs(): GuildhallError {
  return new GuildhallError('link.closed', 'The link was closed by this side.');
}
