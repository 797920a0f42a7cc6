import type { MeetingId, NodeId } from '@guildhall/domain';
import type { Clock, Logger, Random, Timer } from '@guildhall/kit';
import type { Policy } from '@guildhall/protocol';
import { createReconnectingLink, isGuildhallError, type Pipe, type ReconnectingLink } from '@guildhall/rpc';
import type { PolicyPort } from '../types.ts';
import type { PairSession } from './pair-session.ts';
import type { PeerAnswer, PeerPort } from './types.ts';

const pingEveryMs = 200;
/** Silent for longer than this counts as gone: noticed within a second. */
const silentAfterMs = 700;
/** How long a join waits for the other controller's word. */
const reserveWithinMs = 300;

interface PairLinkOptions {
  readonly self: NodeId;
  readonly policy: PolicyPort;
  /** Where the other controller answers, best first; asked anew for each attempt. */
  readonly urls: () => readonly string[];
  readonly dial: (url: string, signal: AbortSignal) => Promise<Pipe>;
  /** Says hello on a pipe that was dialled. */
  readonly greet: (pipe: Pipe) => Promise<PairSession>;
  /** Brings the other one what it may have missed. */
  readonly bringUpToDate: (session: PairSession) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Live {
  readonly session: PairSession;
  readonly dialled: boolean;
  heardAtMs: number;
  isPinging: boolean;
}

export interface PairState {
  /** `single`: the zone has one controller. `alone`: the other one does not answer. */
  readonly state: 'single' | 'connected' | 'alone';
  readonly sinceMs: number;
  readonly peerId: NodeId | null;
}

/**
 * The other controller of the zone. Both dial, for either may be the one behind a firewall; while both links stand,
 * everything goes over the one that was dialled by the controller whose id sorts first.
 */
export class PairLink implements PeerPort {
  readonly #options: PairLinkOptions;
  readonly #live = new Set<Live>();
  readonly #watchers = new Set<() => void>();
  readonly #link: ReconnectingLink<PairSession>;
  readonly #timer: Timer;
  readonly #stopPolicy: () => void;
  #state: PairState;
  #attempts = 0;
  #isStarted = false;

  constructor(options: PairLinkOptions) {
    this.#options = options;
    const { clock, random, logger, policy } = options;
    this.#state = { state: 'single', sinceMs: clock.now(), peerId: null };
    this.#link = createReconnectingLink<PairSession>({
      dial: (signal) => {
        const urls = options.urls();
        const url = urls[this.#attempts++ % Math.max(1, urls.length)];
        if (url === undefined) throw new Error('the address of the other controller is not known yet');
        return options.dial(url, signal);
      },
      hello: async (pipe) => {
        const session = await options.greet(pipe);
        this.add(session, true);
        return session;
      },
      attemptTimeoutMs: 3_000,
      stableAfterMs: 2_000,
      backoff: { firstMs: 200, maxMs: 1_000 },
      clock,
      random,
      logger,
    });
    this.#timer = clock.setInterval(() => this.#beat(), pingEveryMs);
    this.#stopPolicy = policy.onChange((current) => {
      this.#current()?.session.tellPolicy(current);
      this.#dialIfKnown();
      this.#lookAgain();
    });
  }

  get state(): PairState {
    return this.#state;
  }

  get isAlone(): boolean {
    return this.#state.state === 'alone';
  }

  start(): void {
    this.#isStarted = true;
    this.#dialIfKnown();
    this.#lookAgain();
  }

  onChange(callback: () => void): () => void {
    this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  /** A link to the other controller stands. */
  add(session: PairSession, dialled: boolean): void {
    const live: Live = {
      session,
      dialled,
      heardAtMs: this.#options.clock.monotonicMs(),
      isPinging: false,
    };
    for (const older of this.#live) {
      if (older.dialled === dialled) older.session.close(4409, 'a newer link of the same controller');
    }
    this.#live.add(live);
    void session.closed.then(() => {
      this.#live.delete(live);
      this.#lookAgain();
    });
    this.#lookAgain();
  }

  async reserve(ask: { meetingId: MeetingId; epoch: number; steps: number }): Promise<PeerAnswer> {
    if (!this.#hasPeer()) return { kind: 'none' };
    const current = this.#current();
    if (!current) return { kind: 'silent' };
    try {
      return await current.session.reserve(ask, reserveWithinMs);
    } catch (error) {
      // Whoever let one person wait is not waited for by the next; the first sign of life makes good.
      if (isGuildhallError(error, 'request.timeout')) current.heardAtMs = -Infinity;
      this.#lookAgain();
      return { kind: 'silent' };
    }
  }

  /** Resolves when the other controller has answered once more, or is known not to. */
  async heard(): Promise<void> {
    await this.#current()
      ?.session.ping(silentAfterMs)
      .catch(() => undefined);
  }

  /** Idempotent. */
  close(): void {
    this.#timer.cancel();
    this.#stopPolicy();
    this.#link.close(1001, 'the zone controller is closing');
    for (const { session } of this.#live) session.close(1001, 'the zone controller is closing');
  }

  /** Not before there is anybody to dial: most zones have one controller. */
  #dialIfKnown(): void {
    if (this.#isStarted && this.#options.urls().length > 0) this.#link.start();
  }

  #hasPeer(): boolean {
    const { policy, self } = this.#options;
    const isOther = ({ nodeId, role }: Policy['nodes'][number]): boolean =>
      role === 'controller' && nodeId !== self;
    return this.#live.size > 0 || (policy.current?.nodes.some(isOther) ?? false);
  }

  #current(): Live | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const alive = [...this.#live].filter(
      ({ session, heardAtMs }) => !session.isClosed && nowMs - heardAtMs <= silentAfterMs,
    );
    return alive.find(({ session, dialled }) => dialled === this.#options.self < session.remote) ?? alive[0];
  }

  #beat(): void {
    for (const live of this.#live) void this.#ping(live);
    this.#lookAgain();
  }

  async #ping(live: Live): Promise<void> {
    if (live.isPinging) return;
    live.isPinging = true;
    try {
      await live.session.ping(2 * silentAfterMs);
      live.heardAtMs = this.#options.clock.monotonicMs();
      this.#lookAgain();
    } catch {
      // Its silence is what is measured.
    } finally {
      live.isPinging = false;
    }
  }

  #lookAgain(): void {
    const { clock, logger } = this.#options;
    const current = this.#current();
    const state = current ? 'connected' : this.#hasPeer() ? 'alone' : 'single';
    if (state === this.#state.state) return;
    const peerId = current?.session.remote ?? this.#state.peerId;
    this.#state = { state, sinceMs: clock.now(), peerId };
    if (state === 'alone') logger.warn({ peerId }, 'the other zone controller does not answer');
    else if (current) {
      logger.info({ peerId }, 'linked with the other zone controller');
      void this.#bringUpToDate(current.session);
    }
    for (const watcher of this.#watchers) watcher();
  }

  async #bringUpToDate(session: PairSession): Promise<void> {
    const { policy, bringUpToDate, logger } = this.#options;
    try {
      if (policy.current) session.tellPolicy(policy.current);
      await bringUpToDate(session);
    } catch (error) {
      // The link broke again; the next one begins anew.
      logger.info({ err: error }, 'the other zone controller could not be brought up to date');
    }
  }
}
