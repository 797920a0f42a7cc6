import type { MediaSource, TrackId } from '@guildhall/domain';
import type { GuildhallError } from '@guildhall/rpc';
import { asGuildhallError } from '../link/errors.ts';
import type { LinkSlot } from '../link/slot.ts';
import type { LocalTrack } from '../types.ts';
import type { MediaSender, MediaSession } from './port.ts';

export interface SourcesOptions {
  readonly link: LinkSlot;
  readonly newTrackId: () => TrackId;
  /** What is wanted changed, by the person or because the router refused it. */
  readonly onChange: () => void;
  readonly onRefused: (source: MediaSource, error: GuildhallError) => void;
  /** The router has answered all that was wanted of this source. */
  readonly onSettled: (source: MediaSource) => void;
}

interface Sending {
  readonly trackId: TrackId;
  readonly sender: MediaSender;
  track: MediaStreamTrack;
  muted: boolean;
}

const order: readonly MediaSource[] = ['mic', 'camera', 'screen', 'screen-audio'];

/** What this person sends: wanted on one side, sent on the other, and one loop per source that makes them equal. */
export class Sources {
  readonly #options: SourcesOptions;
  readonly #wanted = new Map<MediaSource, LocalTrack>();
  readonly #sending = new Map<MediaSource, Sending>();
  readonly #busy = new Map<MediaSource, Promise<void>>();
  /** Set while the router has not yet heard of a track the media layer already sends. */
  readonly #limits = new Map<TrackId, number>();
  /** Ids under which the next session sends again what the one of before sends. */
  readonly #held = new Map<MediaSource, TrackId>();
  #session: MediaSession | undefined;
  #stop = new AbortController();

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  get wanted(): ReadonlyMap<MediaSource, LocalTrack> {
    return this.#wanted;
  }

  /** Begins to send through a new session, or stops without one; what was sent before is gone with its session. */
  attach(session: MediaSession | undefined): void {
    if (!session) this.#held.clear();
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#session = session;
    this.#sending.clear();
    this.#busy.clear();
    this.#limits.clear();
    if (session) for (const source of order) this.#sync(source);
  }

  /** The session of before goes on by itself; the next one sends the same under the same ids. */
  hold(): void {
    const ids = new Map(Array.from(this.#sending, ([source, { trackId }]) => [source, trackId] as const));
    this.attach(undefined);
    for (const [source, trackId] of ids) this.#held.set(source, trackId);
  }

  set(source: MediaSource, local: LocalTrack | null): void {
    if (local) {
      local.track.enabled = !local.muted;
      this.#wanted.set(source, local);
    } else this.#wanted.delete(source);
    this.#options.onChange();
    this.#sync(source);
  }

  setMuted(source: MediaSource, muted: boolean): void {
    const local = this.#wanted.get(source);
    if (local && local.muted !== muted) this.set(source, { ...local, muted });
  }

  /** Which source a track id of ours belongs to. */
  sourceOf(trackId: TrackId): MediaSource | undefined {
    for (const [source, sending] of this.#sending) if (sending.trackId === trackId) return source;
    for (const [source, held] of this.#held) if (held === trackId) return source;
    return undefined;
  }

  /** True while the router may not know yet what the person last chose. */
  isSettling(source: MediaSource): boolean {
    return this.#busy.has(source);
  }

  limit(trackId: TrackId, maxSpatialLayer: number): void {
    this.#limits.set(trackId, maxSpatialLayer);
    const source = this.sourceOf(trackId);
    const sending = source && this.#sending.get(source);
    if (sending) void sending.sender.limitLayers(maxSpatialLayer);
  }

  /** The router refused a track after the media layer began to send it. */
  refused(trackId: TrackId, error: GuildhallError): void {
    const source = this.sourceOf(trackId);
    if (!source) return;
    this.#sending.get(source)?.sender.close();
    this.#sending.delete(source);
    this.#drop(source, error);
  }

  #drop(source: MediaSource, error: GuildhallError): void {
    this.#wanted.delete(source);
    this.#options.onChange();
    this.#options.onRefused(source, error);
  }

  #sync(source: MediaSource): void {
    const session = this.#session;
    if (!session || this.#busy.has(source)) return;
    const { signal } = this.#stop;
    const work = this.#reconcile(source, session, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) this.#drop(source, asGuildhallError(error));
      })
      .finally(() => {
        if (this.#busy.get(source) !== work) return;
        this.#busy.delete(source);
        this.#options.onSettled(source);
      });
    this.#busy.set(source, work);
  }

  async #reconcile(source: MediaSource, session: MediaSession, signal: AbortSignal): Promise<void> {
    for (;;) {
      if (signal.aborted) return;
      const wanted = this.#wanted.get(source);
      const sending = this.#sending.get(source);
      const held = this.#held.get(source);
      if (!wanted && !sending) {
        if (held === undefined) return;
        this.#held.delete(source);
        await this.#options.link.request('media.stop', { trackId: held }, signal);
      } else if (wanted && !sending) await this.#begin(source, wanted, session, signal);
      else if (!wanted && sending) await this.#end(source, sending, signal);
      else if (wanted && sending) {
        if (wanted.track !== sending.track) {
          sending.track = wanted.track;
          await sending.sender.replaceTrack(wanted.track);
        } else if (wanted.muted !== sending.muted) {
          sending.muted = wanted.muted;
          sending.sender.setMuted(wanted.muted);
          const { trackId, muted } = sending;
          await this.#options.link.request('media.mute', { trackId, muted }, signal);
        } else return;
      }
    }
  }

  async #begin(
    source: MediaSource,
    { track, muted }: LocalTrack,
    session: MediaSession,
    signal: AbortSignal,
  ): Promise<void> {
    const trackId = this.#held.get(source) ?? this.#options.newTrackId();
    const sender = await session.produce({ source, trackId, track, muted });
    if (signal.aborted) return sender.close();
    this.#held.delete(source);
    this.#sending.set(source, { trackId, sender, track, muted });
    const limit = this.#limits.get(trackId);
    if (limit !== undefined) await sender.limitLayers(limit);
  }

  async #end(source: MediaSource, { trackId, sender }: Sending, signal: AbortSignal): Promise<void> {
    this.#sending.delete(source);
    sender.close();
    await this.#options.link.request('media.stop', { trackId }, signal);
  }
}
