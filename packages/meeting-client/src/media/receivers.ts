import type { MediaSource, ParticipantId } from '@guildhall/domain';
import type { ConsumerParameters } from '@guildhall/protocol';
import type { LinkClock, TimerHandle } from '@guildhall/rpc';
import { pause } from '../link/race.ts';
import type { LinkSlot } from '../link/slot.ts';
import { remoteKey, type RemoteKey, type RemoteTrack } from '../types.ts';
import type { MediaReceiver, MediaSession } from './port.ts';

export interface Announced {
  readonly participantId: ParticipantId;
  readonly source: MediaSource;
  readonly consumer: ConsumerParameters;
}

type Remote = Readonly<Record<RemoteKey, RemoteTrack>>;

export interface ReceiversOptions {
  readonly link: LinkSlot;
  readonly clock: LinkClock;
  readonly onChange: (remote: Remote) => void;
}

interface Receiving {
  readonly key: RemoteKey;
  receiver: MediaReceiver | undefined;
  paused: boolean;
  layer: number | null;
}

/** Consumers announced together are set up in one negotiation when they are handed over together. */
const BATCH_MS = 4;
/** How long the last picture of what was lost is kept when nothing replaces it. */
const STALE_MS = 8_000;
/** How long a stream of before plays on while nothing of its successor comes; somebody may be silent on purpose. */
const ARRIVAL_LIMIT_MS = 2_500;
const ARRIVAL_LOOK_MS = 40;

/** What this person receives. */
export class Receivers {
  readonly #options: ReceiversOptions;
  readonly #receiving = new Map<string, Receiving>();
  #remote: Remote = {};
  #session: MediaSession | undefined;
  #stop = new AbortController();
  #batch: Announced[] = [];
  #timer: TimerHandle | undefined;
  #staleTimer: TimerHandle | undefined;
  #first = Promise.withResolvers<void>();
  /** Of a session that goes on until the present one has the same. */
  readonly #carried = new Set<RemoteKey>();
  #carriedAll = Promise.withResolvers<void>();

  constructor(options: ReceiversOptions) {
    this.#options = options;
  }

  /** Settles when the first stream of the present session is set up. */
  get first(): Promise<void> {
    return this.#first.promise;
  }

  /** Begins anew; what was received before stays as a last picture until it is replaced. */
  attach(session: MediaSession | undefined): void {
    this.#begin(session);
    this.#outdate((key) => !this.#carried.has(key));
  }

  /**
   * What is received now goes on playing, each until the same comes from the next session.
   * @returns when all of it does, and how to say that the session of before is closed
   */
  carry(): { settled: Promise<void>; letGo: () => void } {
    this.#carriedAll.resolve();
    this.#carriedAll = Promise.withResolvers<void>();
    this.#carried.clear();
    for (const track of Object.values(this.#remote)) {
      if (!track.stale) this.#carried.add(remoteKey(track.participantId, track.source));
    }
    const { promise, resolve } = this.#carriedAll;
    if (this.#carried.size === 0) resolve();
    const letGo = (): void => {
      if (this.#carriedAll.promise !== promise) return;
      const left = new Set(this.#carried);
      this.#carried.clear();
      resolve();
      this.#outdate((key) => left.has(key));
    };
    return { settled: promise, letGo };
  }

  #begin(session: MediaSession | undefined): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#session = session;
    this.#first.resolve();
    this.#first = Promise.withResolvers<void>();
    this.#batch = [];
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#receiving.clear();
  }

  #outdate(which: (key: RemoteKey) => boolean): void {
    this.#staleTimer?.cancel();
    const marked = Object.values(this.#remote).map((track) => {
      const key = remoteKey(track.participantId, track.source);
      return [key, which(key) ? { ...track, stale: true } : track] as const;
    });
    this.#tell(Object.fromEntries(marked));
    this.#staleTimer = this.#options.clock.setTimeout(() => this.#dropStale(), STALE_MS);
  }

  #arrived(key: RemoteKey): void {
    this.#carried.delete(key);
    if (this.#carried.size === 0) this.#carriedAll.resolve();
  }

  close(): void {
    this.#carried.clear();
    this.attach(undefined);
    this.#staleTimer?.cancel();
    this.#tell({});
  }

  added(announced: Announced): void {
    const { consumerId } = announced.consumer;
    const known = this.#receiving.get(consumerId);
    // Told twice: the router does not know that we have it.
    if (known) {
      if (known.receiver) this.#ready(consumerId);
      return;
    }
    const { participantId, source, consumer } = announced;
    this.#receiving.set(consumerId, {
      key: remoteKey(participantId, source),
      receiver: undefined,
      paused: consumer.paused,
      layer: null,
    });
    this.#batch.push(announced);
    this.#timer ??= this.#options.clock.setTimeout(() => this.#flush(), BATCH_MS);
  }

  removed(consumerId: string): void {
    const receiving = this.#receiving.get(consumerId);
    if (!receiving) return;
    this.#receiving.delete(consumerId);
    this.#batch = this.#batch.filter((one) => one.consumer.consumerId !== consumerId);
    receiving.receiver?.close();
    if (receiving.receiver && this.#remote[receiving.key]?.track === receiving.receiver.track)
      this.#forget([receiving.key]);
  }

  paused(consumerId: string, paused: boolean): void {
    this.#change(consumerId, { paused });
  }

  layers(consumerId: string, layer: number | null): void {
    this.#change(consumerId, { layer });
  }

  /** Keeps the last pictures only of those tracks which still exist. */
  retain(exists: (participantId: ParticipantId, source: MediaSource) => boolean): void {
    const gone = Object.values(this.#remote)
      .filter((track) => !exists(track.participantId, track.source))
      .filter((track) => track.stale || this.#carried.has(remoteKey(track.participantId, track.source)))
      .map((track) => remoteKey(track.participantId, track.source));
    this.#forget(gone);
    for (const key of gone) this.#arrived(key);
  }

  #flush(): void {
    this.#timer = undefined;
    const session = this.#session;
    const batch = this.#batch;
    this.#batch = [];
    if (session) for (const announced of batch) void this.#receive(session, announced, this.#stop.signal);
  }

  async #receive(session: MediaSession, announced: Announced, signal: AbortSignal): Promise<void> {
    const { participantId, source, consumer } = announced;
    const { consumerId } = consumer;
    let receiver: MediaReceiver;
    try {
      receiver = await session.consume(consumer);
    } catch {
      // This browser cannot play it, or the session was closed meanwhile: one picture less, nothing else.
      if (!signal.aborted) this.#receiving.delete(consumerId);
      return;
    }
    const receiving = this.#receiving.get(consumerId);
    if (signal.aborted || !receiving) return receiver.close();
    receiving.receiver = receiver;
    this.#ready(consumerId);
    this.#first.resolve();
    const { key } = receiving;
    // What is muted has nothing to wait for.
    if (this.#carried.has(key) && !consumer.paused) await this.#untilArrived(receiver, signal);
    if (signal.aborted || this.#receiving.get(consumerId) !== receiving) return;
    this.#arrived(key);
    const { paused, layer } = receiving;
    const track = { participantId, source, track: receiver.track, paused, layer, stale: false };
    this.#tell({ ...this.#remote, [key]: track });
  }

  async #untilArrived(receiver: MediaReceiver, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.now() + ARRIVAL_LIMIT_MS;
    while (!signal.aborted && clock.now() < untilMs) {
      if (await receiver.hasArrived().catch(() => false)) return;
      await pause(ARRIVAL_LOOK_MS, clock, signal);
    }
  }

  #ready(consumerId: string): void {
    this.#change(consumerId, { paused: false });
    // Refused only for a consumer that is gone, of which we are told anyway.
    this.#options.link
      .request('media.consumerReady', { consumerId }, this.#stop.signal)
      .catch(() => undefined);
  }

  #change(consumerId: string, fields: { paused: boolean } | { layer: number | null }): void {
    const receiving = this.#receiving.get(consumerId);
    if (!receiving) return;
    Object.assign(receiving, fields);
    const shown = this.#remote[receiving.key];
    if (!shown || shown.track !== receiving.receiver?.track) return;
    if (shown.paused === receiving.paused && shown.layer === receiving.layer) return;
    const { paused, layer } = receiving;
    this.#tell({ ...this.#remote, [receiving.key]: { ...shown, paused, layer } });
  }

  #dropStale(): void {
    this.#forget(
      Object.values(this.#remote)
        .filter((track) => track.stale)
        .map((track) => remoteKey(track.participantId, track.source)),
    );
  }

  #forget(keys: readonly RemoteKey[]): void {
    if (keys.length === 0) return;
    this.#tell(
      Object.fromEntries(Object.entries(this.#remote).filter(([key]) => !keys.some((gone) => gone === key))),
    );
  }

  #tell(remote: Remote): void {
    this.#remote = remote;
    this.#options.onChange(remote);
  }
}
