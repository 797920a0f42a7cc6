import type { MediaSource, ParticipantId, TrackId } from '@guildhall/domain';
import type { Timer } from '@guildhall/kit';
import type { Producer } from '../engine/port.ts';
import type { FarRouter, MediaLink, RemoteTrack } from '../types.ts';
import { noSuchTrack, PipeLink, type LinkOwner, type LinkSurroundings } from './pipe-link.ts';
import type { Arrived } from './remote-track.ts';
import type { VoicesListener } from './types.ts';

/** A stream nobody wants any more stays on the pipe for a moment: pages of a gallery are turned back and forth. */
const keepUnwantedMs = 5_000;
/** After a refusal: the other router may not know the track yet, or its pipe is being made. */
const retryAfterMs = 500;
/** How long another router is waited for on behalf of a third one. */
const arrivalMs = 4_000;

/** What people linked to this router want to hear and see. */
export interface LocalWishes {
  /** Whether anybody listens. */
  readonly hears: boolean;
  /** The highest layer anybody watches, -1 for none. */
  layerOf(participantId: ParticipantId, source: MediaSource): number;
}

export interface ExchangeSurroundings extends LinkSurroundings {
  wishes(): LocalWishes;
  /** What somebody linked to this router sends. */
  local(trackId: TrackId): Producer | undefined;
  /** A stream came over a pipe; it can be received like any other. */
  arrived(arrived: Arrived): void;
  muted(track: RemoteTrack): void;
  /** It is to be taken down. */
  left(trackId: TrackId): void;
}

/** A stream that is wanted from another router: asked for, and after a moment here. */
interface Incoming {
  track: RemoteTrack;
  readonly link: PipeLink;
  readonly arriving: PromiseWithResolvers<Producer>;
  producer: Producer | undefined;
  closing: Timer | undefined;
}

/**
 * The streams of a meeting that cross between its routers. Wanted against actual, as for a browser: what somebody here
 * or behind another link wants is asked for once, whatever the number of those who want it, and given back when nobody does.
 */
export class Exchange implements LinkOwner, VoicesListener {
  readonly #around: ExchangeSurroundings;
  readonly #links = new Set<PipeLink>();
  readonly #incoming = new Map<string, Incoming>();
  readonly #remote = new Map<TrackId, RemoteTrack>();
  readonly #sentBy = new Map<ParticipantId, readonly RemoteTrack[]>();
  /** What is to be looked at in the next look. */
  #due: Set<TrackId> | 'all' = new Set();
  #retry: Timer | undefined;
  #looking = false;
  #closed = false;

  constructor(around: ExchangeSurroundings) {
    this.#around = around;
  }

  link(far: FarRouter): MediaLink {
    const link = new PipeLink(far, this);
    this.#links.add(link);
    return link;
  }

  /** All that this one sends behind another router now. */
  setRemote(participantId: ParticipantId, tracks: readonly RemoteTrack[]): void {
    const before = this.#sentBy.get(participantId) ?? [];
    if (tracks.length === 0) this.#sentBy.delete(participantId);
    else this.#sentBy.set(participantId, tracks);
    for (const { trackId } of before) this.#remote.delete(trackId);
    for (const track of tracks) this.#remote.set(track.trackId, track);
    for (const { trackId } of [...before, ...tracks]) this.#follow(trackId);
    this.#lookAt(tracks);
  }

  /** Compares wish and reality soon; many reasons in one turn are one look. */
  look(): void {
    this.#lookAt('all');
  }

  /** The highest layer other routers watch of a track, -1 for none. */
  watchedElsewhere(trackId: TrackId): number {
    let highest = -1;
    for (const link of this.#links) highest = Math.max(highest, link.served.get(trackId)?.layer ?? -1);
    return highest;
  }

  /** The room is gone, and the pipes with it. */
  lost(): void {
    for (const link of this.#links) link.forget();
    for (const incoming of this.#incoming.values()) this.#drop(incoming, { tell: false });
  }

  /** There is a new room. */
  restored(): void {
    for (const { far } of this.#links) far.pipeLost();
  }

  voicesChosen(): void {
    for (const { voices } of this.#links) voices.chosen();
  }

  voiceBegan(trackId: string): void {
    for (const { voices } of this.#linksFor(trackId)) voices.began(trackId);
  }

  voiceHeld(trackId: string): void {
    for (const { voices } of this.#linksFor(trackId)) voices.held(trackId);
  }

  voiceGone(trackId: string): void {
    for (const { voices } of this.#links) voices.gone(trackId);
  }

  describe(): unknown {
    return {
      remote: this.#remote.size,
      incoming: [...this.#incoming.keys()],
      outgoing: Array.from(this.#links, (link) => [...link.served.keys()]),
      voices: Array.from(this.#links, ({ voices }) => voices.count),
    };
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    for (const link of Array.from(this.#links)) link.close();
  }

  // For the links.

  get around(): ExchangeSurroundings {
    return this.#around;
  }

  removed(link: PipeLink): void {
    this.#links.delete(link);
    this.dropFrom(link);
  }

  dropFrom(link: PipeLink): void {
    for (const incoming of this.#incoming.values()) {
      if (incoming.link === link) this.#drop(incoming, { tell: false });
    }
  }

  /** It went at the other router, which has it again when it is asked for in a moment. */
  ended(link: PipeLink, trackId: TrackId): void {
    const incoming = this.#incoming.get(trackId);
    if (incoming?.link !== link) return;
    this.#drop(incoming);
    this.#lookLater();
  }

  /** Whether it is sent by somebody behind another router. */
  isRemote(trackId: TrackId): boolean {
    return this.#remote.has(trackId);
  }

  /** The producer behind a track, for another link than the one it comes from. @throws media.unknown-producer */
  async sourceFor(asker: PipeLink, trackId: TrackId): Promise<Producer> {
    const local = this.#around.local(trackId);
    if (local && !this.#incoming.has(trackId)) return local;
    const track = this.#remote.get(trackId);
    if (!track || track.link === asker) throw noSuchTrack(trackId);
    this.#reconcile([track]);
    const incoming = this.#incoming.get(trackId);
    if (!incoming) throw noSuchTrack(trackId);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = this.#around.clock.setTimeout(() => reject(noSuchTrack(trackId)), arrivalMs);
    return Promise.race([incoming.arriving.promise, late]).finally(() => timer.cancel());
  }

  #lookAt(tracks: readonly RemoteTrack[] | 'all'): void {
    if (this.#closed || this.#remote.size + this.#incoming.size === 0) return;
    if (tracks === 'all') this.#due = 'all';
    else if (this.#due !== 'all') for (const { trackId } of tracks) this.#due.add(trackId);
    if (this.#looking) return;
    this.#looking = true;
    queueMicrotask(() => {
      this.#looking = false;
      const due = this.#due;
      this.#due = new Set();
      if (this.#closed) return;
      this.#reconcile(
        due === 'all'
          ? this.#remote.values()
          : Array.from(due).flatMap((trackId) => this.#remote.get(trackId) ?? []),
      );
    });
  }

  /** What is known of it now holds for what is here of it. */
  #follow(trackId: TrackId): void {
    const incoming = this.#incoming.get(trackId);
    if (!incoming) return;
    const now = this.#remote.get(trackId);
    if (now?.link !== incoming.link) return this.#drop(incoming);
    const changed = now.muted !== incoming.track.muted;
    incoming.track = now;
    if (changed && incoming.producer) this.#around.muted(now);
  }

  #reconcile(tracks: Iterable<RemoteTrack>): void {
    const wishes = this.#around.wishes();
    for (const track of tracks) {
      const { trackId, participantId, source, muted } = track;
      const isAudio = source === 'mic' || source === 'screen-audio';
      const here = isAudio ? (wishes.hears && !muted ? 0 : -1) : wishes.layerOf(participantId, source);
      const isWanted = here >= 0 || this.#isServed(trackId);
      const incoming = this.#incoming.get(trackId);
      if (!incoming) {
        if (isWanted) this.#begin(track, Math.max(here, this.watchedElsewhere(trackId), 0));
      } else if (isWanted) {
        incoming.closing?.cancel();
        incoming.closing = undefined;
      } else {
        incoming.closing ??= this.#around.clock.setTimeout(() => this.#drop(incoming), keepUnwantedMs);
      }
    }
  }

  /** No stream goes back to where it came from. */
  #linksFor(trackId: string): PipeLink[] {
    const from = this.#incoming.get(trackId)?.link;
    return Array.from(this.#links).filter((link) => link !== from);
  }

  #isServed(trackId: TrackId): boolean {
    for (const { served } of this.#links) if (served.has(trackId)) return true;
    return false;
  }

  #begin(track: RemoteTrack, layer: number): void {
    const { trackId } = track;
    const link = Array.from(this.#links).find((one) => one === track.link);
    if (!link?.isConnected) return;
    const arriving = Promise.withResolvers<Producer>();
    arriving.promise.catch(() => undefined);
    const incoming: Incoming = { track, link, arriving, producer: undefined, closing: undefined };
    this.#incoming.set(trackId, incoming);
    this.#bring(incoming, layer).then(arriving.resolve, (error: unknown) => {
      arriving.reject(error);
      if (this.#incoming.get(trackId) !== incoming) return;
      this.#around.logger.debug({ err: error, trackId }, 'a stream of another router is not here yet');
      incoming.closing?.cancel();
      this.#incoming.delete(trackId);
      this.#lookLater();
    });
  }

  async #bring(incoming: Incoming, layer: number): Promise<Producer> {
    const { link, track } = incoming;
    const { trackId, participantId } = track;
    const stream = await link.far.want(trackId, layer);
    const isStill = (): boolean => this.#incoming.get(trackId) === incoming;
    if (!isStill()) throw noSuchTrack(trackId);
    // Whether it is muted the roster says, which may know better by now.
    const producer = await link.receive({ ...stream, paused: incoming.track.muted }, participantId);
    if (!isStill()) {
      producer.close();
      throw noSuchTrack(trackId);
    }
    incoming.producer = producer;
    const demand = (watched: number): void => {
      link.far.want(trackId, watched).catch(() => undefined);
    };
    this.#around.arrived({ track: incoming.track, producer, layer, demand });
    if (producer.paused !== incoming.track.muted) this.#around.muted(incoming.track);
    return producer;
  }

  #drop(incoming: Incoming, { tell = true }: { tell?: boolean } = {}): void {
    const { trackId } = incoming.track;
    if (this.#incoming.get(trackId) !== incoming) return;
    this.#incoming.delete(trackId);
    incoming.closing?.cancel();
    incoming.arriving.reject(noSuchTrack(trackId));
    if (incoming.producer) this.#around.left(trackId);
    if (tell) incoming.link.far.unwant(trackId);
  }

  #lookLater(): void {
    if (this.#closed) return;
    this.#retry ??= this.#around.clock.setTimeout(() => {
      this.#retry = undefined;
      this.look();
    }, retryAfterMs);
  }
}
