import type { MediaOffer, WantedTile } from '@guildhall/protocol';
import type { LinkClock, TimerHandle } from '@guildhall/rpc';
import { asGuildhallError } from '../link/errors.ts';
import { pause } from '../link/race.ts';
import type { LinkSlot } from '../link/slot.ts';
import type { MeetingState } from '../types.ts';
import type { Direction, MediaHooks, MediaPort, MediaSession, PathState } from './port.ts';
import type { Receivers } from './receivers.ts';
import type { Sources } from './sources.ts';
import { Wishes } from './wishes.ts';

export interface MediaControllerOptions {
  readonly port: MediaPort;
  readonly link: LinkSlot;
  readonly clock: LinkClock;
  readonly sources: Sources;
  readonly receivers: Receivers;
  readonly onState: (media: MeetingState['media']) => void;
}

const WANT_MS = 100;
/** A short interruption heals by itself; a restart would only disturb it. */
const DISCONNECTED_MS = 1_500;
/** The router answers no more often than once in five seconds. */
const RESTART_MS = 5_500;
const REOPEN_MS = 5_000;
/** Browsers negotiate on one thread: who comes in sees the others sooner when sending waits that moment. */
const HEAD_START_MS = 300;

/** One generation of transports after the other, each from an offer of the router. */
export class MediaController {
  readonly #options: MediaControllerOptions;
  #offer: MediaOffer | undefined;
  #session: MediaSession | undefined;
  #stop = new AbortController();
  /** As drawn. */
  #tiles: readonly WantedTile[] = [];
  /** As last asked for. */
  #asked: readonly WantedTile[] = [];
  readonly #wishes = new Wishes();
  #wantTimer: TimerHandle | undefined;
  #wantDirty = false;
  #laterTimer: TimerHandle | undefined;
  #paths: Record<Direction, PathState> = { send: 'new', recv: 'new' };
  readonly #restarts = new Map<Direction, TimerHandle>();

  constructor(options: MediaControllerOptions) {
    this.#options = options;
  }

  get epoch(): number | undefined {
    return this.#offer?.epoch;
  }

  /**
   * Goes on with what there is when the offer is the one of before, else begins anew from it.
   * @param others whether somebody else sends: their pictures are set up first then
   */
  start(offer: MediaOffer, others = false): void {
    const before = this.#offer;
    const same =
      before?.epoch === offer.epoch &&
      before.send.transportId === offer.send.transportId &&
      before.recv.transportId === offer.recv.transportId;
    if (same && this.#session) return this.#resume(this.#session);
    this.stop();
    this.#offer = offer;
    this.#options.onState(before ? 'interrupted' : 'connecting');
    void this.#open(offer, others, this.#stop.signal);
  }

  /**
   * Begins anew from the offer of another router while everything of before goes on.
   * @returns when all that came before comes anew, and how to close what there was before
   */
  succeed(offer: MediaOffer): { settled: Promise<void>; letGo: () => void } {
    const before = this.#session;
    const { sources, receivers } = this.#options;
    const carried = receivers.carry();
    sources.hold();
    this.#halt();
    this.#session = undefined;
    this.#offer = offer;
    void this.#open(offer, false, this.#stop.signal);
    const letGo = (): void => {
      carried.letGo();
      before?.close();
    };
    return { settled: carried.settled, letGo };
  }

  /** Idempotent. The receivers keep their last pictures. */
  stop(): void {
    this.#halt();
    this.#options.sources.attach(undefined);
    this.#options.receivers.attach(undefined);
    this.#session?.close();
    this.#session = undefined;
    this.#offer = undefined;
  }

  #halt(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#wantTimer?.cancel();
    this.#wantTimer = undefined;
    this.#laterTimer?.cancel();
    this.#wishes.reset();
    for (const timer of this.#restarts.values()) timer.cancel();
    this.#restarts.clear();
    this.#paths = { send: 'new', recv: 'new' };
  }

  /** The pictures to receive and their sizes; the first wish goes out at once, later ones at most every 100 ms. */
  want(tiles: readonly WantedTile[]): void {
    if (sameTiles(tiles, this.#tiles)) return;
    this.#tiles = tiles;
    this.#wantDirty = true;
    if (!this.#wantTimer && this.#session) this.#sendWant();
  }

  /** As drawn now. */
  get drawn(): readonly WantedTile[] {
    return this.#tiles;
  }

  /** What the router was asked for last. */
  get tiles(): readonly WantedTile[] {
    return this.#asked;
  }

  /** @param isRepeat the router may not know the wish: it is sent even if nothing changed */
  #sendWant(isRepeat = false): void {
    const { clock, link } = this.#options;
    this.#wantDirty = false;
    this.#wantTimer?.cancel();
    this.#laterTimer?.cancel();
    this.#wantTimer = clock.setTimeout(() => {
      this.#wantTimer = undefined;
      if (this.#wantDirty) this.#sendWant();
    }, WANT_MS);
    const { tiles, againInMs } = this.#wishes.pace(this.#tiles, clock.now());
    if (againInMs !== null)
      this.#laterTimer = clock.setTimeout(() => this.#sendWant(), Math.max(againInMs, WANT_MS));
    if (!isRepeat && sameTiles(tiles, this.#asked)) return;
    this.#asked = tiles;
    this.#ask(link.request('media.want', { tiles: [...tiles] }, this.#stop.signal));
  }

  async #open(offer: MediaOffer, others: boolean, signal: AbortSignal): Promise<void> {
    const { port, sources, receivers } = this.#options;
    try {
      const session = await port.open(offer, this.#hooks(signal));
      if (signal.aborted) return session.close();
      this.#session = session;
      receivers.attach(session);
      this.#announce(session, offer);
      if (others) await Promise.race([receivers.first, pause(HEAD_START_MS, this.#options.clock, signal)]);
      if (!signal.aborted) sources.attach(session);
    } catch {
      if (signal.aborted) return;
      // A browser short of memory or of a network interface may have it a moment later.
      this.#options.onState('interrupted');
      await pause(REOPEN_MS, this.#options.clock, signal);
      if (!signal.aborted) await this.#open(offer, others, signal);
    }
  }

  #resume(session: MediaSession): void {
    const offer = this.#offer;
    if (!offer) return;
    this.#announce(session, offer);
    for (const direction of ['send', 'recv'] as const) {
      const state = this.#paths[direction];
      if (state === 'disconnected' || state === 'failed') this.#restart(direction, 0);
    }
  }

  #announce(session: MediaSession, offer: MediaOffer): void {
    const { link } = this.#options;
    const attach = { epoch: offer.epoch, rtpCapabilities: session.rtpCapabilities };
    this.#ask(link.request('media.attach', attach, this.#stop.signal));
    this.#sendWant(true);
  }

  /** A refusal of these is cured by what the router sends next (a reset, a close), never by the asker. */
  #ask(request: Promise<unknown>): void {
    request.catch(() => undefined);
  }

  #hooks(signal: AbortSignal): MediaHooks {
    const { link, sources } = this.#options;
    return {
      connect: (transportId, dtlsParameters) => {
        this.#ask(link.request('media.connect', { transportId, dtlsParameters }, signal));
      },
      produce: (request) => {
        link.request('media.produce', request, signal).catch((error: unknown) => {
          if (!signal.aborted) sources.refused(request.trackId, asGuildhallError(error));
        });
      },
      onState: (direction, state) => {
        if (!signal.aborted) this.#pathChanged(direction, state);
      },
    };
  }

  #pathChanged(direction: Direction, state: PathState): void {
    this.#paths[direction] = state;
    const states = Object.values(this.#paths);
    if (states.some((one) => one === 'failed' || one === 'disconnected'))
      this.#options.onState('interrupted');
    else if (states.includes('connected')) this.#options.onState('connected');
    if (state === 'failed') this.#restart(direction, 0);
    else if (state === 'disconnected') this.#restart(direction, DISCONNECTED_MS);
    else if (state === 'connected') {
      this.#restarts.get(direction)?.cancel();
      this.#restarts.delete(direction);
    }
  }

  /** New ICE credentials until the path is back; one try at a time. */
  #restart(direction: Direction, delayMs: number): void {
    if (this.#restarts.has(direction)) return;
    const { signal } = this.#stop;
    const again = (waitMs: number): void => {
      this.#restarts.set(
        direction,
        this.#options.clock.setTimeout(() => void attempt(), waitMs),
      );
    };
    const attempt = async (): Promise<void> => {
      const session = this.#session;
      const transportId = this.#offer?.[direction].transportId;
      if (!session || !transportId || signal.aborted) return;
      again(RESTART_MS);
      try {
        const answer = await this.#options.link.request('media.restartIce', { transportId }, signal);
        await session.restartIce(direction, answer.iceParameters);
      } catch {
        // Tried again by the timer above until the path is back or the router offers a new one.
      }
    };
    again(delayMs);
  }
}

const sameTiles = (left: readonly WantedTile[], right: readonly WantedTile[]): boolean =>
  left.length === right.length &&
  left.every((tile, index) => {
    const other = right[index];
    return (
      other?.participantId === tile.participantId &&
      other.source === tile.source &&
      other.widthPx === tile.widthPx &&
      other.heightPx === tile.heightPx
    );
  });
