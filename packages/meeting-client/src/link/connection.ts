import type { HelloAnswer, ZoneJoinAnswer, ZoneJoinRequest } from '@guildhall/protocol';
import { backoffDelayMs, GuildhallError, isGuildhallError, type CloseInfo } from '@guildhall/rpc';
import type { ClientDeps } from '../deps.ts';
import type { MeetingEnd } from '../types.ts';
import {
  asGuildhallError,
  endOfClose,
  endOfError,
  finalError,
  isLostRight,
  isSeatError,
  routerStopping,
} from './errors.ts';
import type { Gate } from './gate.ts';
import { Greeter, type Attempt, type Hello } from './greeter.ts';
import { askZone, type AwayRight } from './join.ts';
import { pause, raceWays, type Way } from './race.ts';
import type { MeetingPeer } from './slot.ts';

/** How long the router of before may take before the zone is asked as well. */
const HEDGE_MS = 700;
/** How long a router which the zone named may take before the zone is asked whether it still means it. */
const ASK_AGAIN_MS = 800;
/** A router is started again within seconds, and everybody in the meeting waits for it; later nobody is in a hurry. */
const BACKOFFS = [
  { untilMs: 5_000, firstMs: 100, maxMs: 500 },
  { untilMs: 60_000, firstMs: 100, maxMs: 1_000 },
  { untilMs: Infinity, firstMs: 1_000, maxMs: 5_000 },
] as const;
/** A first join that meets only passing trouble is tried for this long. */
const FIRST_JOIN_MS = 10_000;
/** Far longer than the router keeps a seat: the rejoin token opens another. */
const GIVE_UP_MS = 10 * 60_000;
/** How long another router is tried beside the present one, which lets go before that. */
const MOVE_LIMIT_MS = 20_000;

export interface ConnectionEvents {
  /** A new link, before hello: hear its events through the gate. */
  readonly onPeer: (peer: MeetingPeer, gate: Gate) => void;
  /** Hello was answered; events flow after this returns. */
  readonly onHello: (peer: MeetingPeer, answer: HelloAnswer, how: HelloKind) => void;
  /** What lets this person come back from now on. */
  readonly onRejoin: (rejoin: string, controllers: readonly string[]) => void;
  /** The zone does not know the way back any more: asks the portal for another. @throws GuildhallError its refusal */
  readonly askAgain: (signal: AbortSignal) => Promise<AwayRight>;
  readonly onDown: () => void;
  readonly onEnd: (end: MeetingEnd) => void;
  /** What to resume with, if anything. */
  readonly resume: () => { readonly sessionId: string; readonly rev: number } | undefined;
}

/**
 * `same`: on the router of before; `new`: on another one, or the first; `moved`: on another one while the link of before
 * goes on, whose peer is `before`.
 */
export type HelloKind =
  | { readonly kind: 'same' | 'new' }
  | { readonly kind: 'moved'; readonly before: MeetingPeer };

/** Keeps a link to the meeting's router, wherever the zone says that is. */
export class Connection {
  readonly #deps: ClientDeps;
  #controllers: readonly string[];
  readonly #events: ConnectionEvents;
  readonly #greeter: Greeter;
  readonly #abort = new AbortController();
  #token: ZoneJoinRequest;
  #seat: ZoneJoinAnswer | undefined;
  /** The router the last session was on. */
  #routerId: string | undefined;
  #askZoneFirst = true;
  #peer: MeetingPeer | undefined;
  #wait = new AbortController();
  /** Resolves with a link that was made beside the present one. */
  #beside = Promise.withResolvers<Hello>();
  #isMoving = false;

  constructor(
    deps: ClientDeps,
    controllers: readonly string[],
    token: ZoneJoinRequest,
    events: ConnectionEvents,
  ) {
    this.#deps = deps;
    this.#controllers = controllers;
    this.#token = token;
    this.#events = events;
    this.#greeter = new Greeter({
      deps,
      onPeer: events.onPeer,
      resumeOn: (routerId) => (routerId === this.#routerId ? events.resume() : undefined),
    });
  }

  /** Resolves with the first session; later ones are told by `onHello`. @throws GuildhallError why not */
  async start(): Promise<void> {
    const { signal } = this.#abort;
    const first = await this.#connect(
      FIRST_JOIN_MS,
      (error) => finalError(error) || isOurFault(error),
      signal,
    );
    void this.#keep(first);
  }

  /** Ends a wait now: the network is back, or somebody pressed a button. */
  hurry(): void {
    this.#wait.abort();
  }

  /** The link is suspected dead, or the router said to ask the zone: makes it anew. */
  renew(askZoneFirst = false): void {
    this.#askZoneFirst ||= askZoneFirst;
    this.#peer?.close(3000, 'made anew');
  }

  /**
   * The meeting goes on on another router: makes a link there while the present one goes on. Should that fail, the
   * close of the present link begins an ordinary attempt.
   */
  move(): void {
    const peer = this.#peer;
    if (this.#isMoving || !peer || peer.isClosed) return;
    this.#isMoving = true;
    void this.#connectBeside(peer).finally(() => {
      this.#isMoving = false;
    });
  }

  async #connectBeside(peer: MeetingPeer): Promise<void> {
    const gone = new AbortController();
    void peer.closed.then(() => gone.abort());
    this.#askZoneFirst = true;
    try {
      const signal = AbortSignal.any([gone.signal, this.#abort.signal]);
      const hello = await this.#connect(MOVE_LIMIT_MS, finalError, signal);
      if (signal.aborted) hello.peer.close();
      else this.#beside.resolve(hello);
    } catch (error) {
      this.#askZoneFirst = true;
      // Not wanted there any more (removed meanwhile): nothing more is to be had from the old router either.
      if (finalError(error)) peer.close(3000, 'the meeting moved');
    }
  }

  /** Idempotent. */
  close(reason: string): void {
    this.#abort.abort();
    this.#wait.abort();
    this.#peer?.close(1000, reason);
  }

  async #keep(first: Hello): Promise<void> {
    let hello = first;
    let before: Hello | undefined;
    while (!this.#abort.signal.aborted) {
      const outcome = await this.#use(hello, before);
      if ('peer' in outcome) {
        before = hello;
        hello = outcome;
        continue;
      }
      before = undefined;
      const info = outcome;
      if (this.#abort.signal.aborted) return;
      const end = endOfClose(info);
      const isOurs = end?.kind === 'replaced' && this.#greeter.mayBeStray;
      if (end && !isOurs) return this.#events.onEnd(end);
      if (info.code === routerStopping) this.#askZoneFirst = true;
      this.#events.onDown();
      try {
        hello = await this.#connectAgain();
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        const why = asGuildhallError(error);
        return this.#events.onEnd(finalError(why) ? endOfError(why) : { kind: 'lost', error: why });
      }
    }
    hello.peer.close();
  }

  /** @param before the link beside which this one was made */
  #use(hello: Hello, before: Hello | undefined): Promise<CloseInfo | Hello> {
    const { peer, gate, answer, seat } = hello;
    const sameRouter = seat.routerId === this.#routerId;
    this.#beside = Promise.withResolvers();
    before?.gate.shut();
    this.#peer = peer;
    this.#seat = seat;
    this.#routerId = seat.routerId;
    this.#token = { rejoin: seat.rejoin };
    this.#events.onRejoin(seat.rejoin, this.#controllers);
    this.#askZoneFirst = false;
    const how = before
      ? ({ kind: 'moved', before: before.peer } as const)
      : ({ kind: sameRouter ? 'same' : 'new' } as const);
    this.#events.onHello(peer, answer, how);
    gate.open();
    return Promise.race([peer.closed, this.#beside.promise]);
  }

  async #connectAgain(): Promise<Hello> {
    const { signal } = this.#abort;
    try {
      return await this.#connect(GIVE_UP_MS, finalError, signal);
    } catch (error) {
      if (signal.aborted || !isLostRight(error)) throw error;
      const { token, controllers } = await this.#events.askAgain(signal).catch((why: unknown) => {
        // A portal that is away says nothing about this person; what the zone said is the reason then.
        throw finalError(why) ? why : error;
      });
      this.#token = token;
      this.#controllers = controllers;
      this.#seat = undefined;
      // The person may be another one to the router: nothing is resumed.
      this.#routerId = undefined;
      return this.#connect(GIVE_UP_MS, finalError, signal);
    }
  }

  async #connect(
    giveUpMs: number,
    isFinal: (error: unknown) => boolean,
    signal: AbortSignal,
  ): Promise<Hello> {
    const { clock, random } = this.#deps;
    const sinceMs = clock.now();
    for (let attempt = 0; ; attempt++) {
      try {
        return await raceWays(this.#ways(attempt, { isAnswered: false }), signal, isFinal);
      } catch (error) {
        if (signal.aborted || isFinal(error)) throw error;
        const passedMs = clock.now() - sinceMs;
        if (passedMs >= giveUpMs) throw error;
        if (isSeatError(error)) this.#askZoneFirst = true;
        const backoff = BACKOFFS.find(({ untilMs }) => passedMs < untilMs) ?? BACKOFFS[2];
        const hintMs = isGuildhallError(error) ? Math.min(error.retryAfterMs ?? 0, 5_000) : 0;
        this.#wait = new AbortController();
        // After the hint, not at it: a crowd that was told the same would come back as a crowd.
        const spreadMs = hintMs > 0 ? random.float() * (hintMs / 2) : 0;
        const delayMs = Math.max(hintMs + spreadMs, backoffDelayMs(attempt, backoff, random));
        await pause(delayMs, clock, AbortSignal.any([this.#wait.signal, signal]));
      }
    }
  }

  /** The router of before, and the zone as soon as that fails or takes long. */
  #ways(count: number, attempt: Attempt): readonly Way<Hello>[] {
    const seat = this.#seat;
    const viaZone: Way<Hello> = async (signal) => {
      const fresh = await askZone(this.#deps, this.#controllers, this.#token, signal);
      // A router that died without a word is named until the zone has noticed; then the answer is another one.
      const failed = new AbortController();
      const first: Way<Hello> = (inner) =>
        this.#greeter.enter(fresh, attempt, inner).finally(() => failed.abort());
      const second: Way<Hello> = async (inner) => {
        const asking = AbortSignal.any([inner, failed.signal]);
        for (;;) {
          await pause(ASK_AGAIN_MS, this.#deps.clock, asking);
          if (asking.aborted) throw new GuildhallError('request.cancelled', 'Another way was quicker.');
          const other = await askZone(this.#deps, this.#controllers, this.#token, asking);
          if (other.routerId !== fresh.routerId) return this.#greeter.enter(other, attempt, inner);
        }
      };
      return raceWays([first, second], signal);
    };
    if (!seat || this.#askZoneFirst) return [viaZone];
    const failed = new AbortController();
    const direct: Way<Hello> = async (signal) => {
      try {
        return await this.#greeter.enter(seat, attempt, signal);
      } catch (error) {
        failed.abort();
        throw error;
      }
    };
    if (count > 0) return [direct, viaZone];
    const later: Way<Hello> = async (signal) => {
      await pause(HEDGE_MS, this.#deps.clock, AbortSignal.any([signal, failed.signal]));
      return viaZone(signal);
    };
    return [direct, later];
  }
}

/** On the first join a fault of ours is said at once; in a meeting it is waited out. */
const isOurFault = (error: unknown): boolean =>
  isGuildhallError(error, 'internal') || isGuildhallError(error, 'ticket.expired');
