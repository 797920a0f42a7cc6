import type { MediaSource, MeetingChange, MeetingView, ParticipantId, TrackId } from '@guildhall/domain';
import type { Sources } from './media/sources.ts';

export interface HostMutesOptions {
  readonly sources: Sources;
  /** The meeting and this person in it, as told so far. */
  readonly now: () => { readonly view: MeetingView | null; readonly selfId: ParticipantId | null };
  readonly onMuted: (source: MediaSource, trackId: TrackId) => void;
}

/**
 * A host muted us: the machine must be silent too, not only the router. While our own choice is unanswered, a change
 * may be its echo or a host's: only when the router has answered everything does its view say which came last.
 */
export class HostMutes {
  readonly #options: HostMutesOptions;
  readonly #unsure = new Set<MediaSource>();

  constructor(options: HostMutesOptions) {
    this.#options = options;
  }

  obey(changes: readonly MeetingChange[]): void {
    const { sources, now } = this.#options;
    const { selfId } = now();
    const muted = mutedTracks(changes, (change) =>
      change.participantId === selfId ? sources.sourceOf(change.trackId) : undefined,
    );
    for (const { source, change } of muted) {
      if (sources.isSettling(source)) this.#unsure.add(source);
      else this.#mute(source, change.trackId);
    }
  }

  /** The router has answered all that the person chose for this source, and told its changes before the answer. */
  settled(source: MediaSource): void {
    if (!this.#unsure.delete(source)) return;
    const { view, selfId } = this.#options.now();
    const self = view?.participants.find((one) => one.participantId === selfId);
    const track = self?.tracks.find((one) => one.source === source);
    if (track?.muted) this.#mute(source, track.trackId);
  }

  #mute(source: MediaSource, trackId: TrackId): void {
    const { sources, onMuted } = this.#options;
    const local = sources.wanted.get(source);
    if (!local || local.muted) return;
    sources.setMuted(source, true);
    onMuted(source, trackId);
  }
}

/** Sources of ours which somebody else switched off in these changes. */
const mutedTracks = (
  changes: readonly MeetingChange[],
  sourceOf: (change: Extract<MeetingChange, { kind: 'track.changed' }>) => MediaSource | undefined,
): { source: MediaSource; change: Extract<MeetingChange, { kind: 'track.changed' }> }[] => {
  const muted = [];
  for (const change of changes) {
    if (change.kind !== 'track.changed' || !change.muted) continue;
    const source = sourceOf(change);
    if (source) muted.push({ source, change });
  }
  return muted;
};

/** Own and others' tracks that were audible in one view and are muted in a later one, as if it had been told step by step. */
export const mutedSince = (
  before: MeetingView | null,
  after: MeetingView | null,
): Extract<MeetingChange, { kind: 'track.changed' }>[] => {
  const audible = new Set(
    before?.participants.flatMap(({ tracks }) =>
      tracks.filter(({ muted }) => !muted).map(({ trackId }) => trackId),
    ),
  );
  return (after?.participants ?? []).flatMap(({ participantId, tracks }) =>
    tracks
      .filter(({ trackId, muted }) => muted && audible.has(trackId))
      .map(({ trackId, muted }) => ({ kind: 'track.changed', participantId, trackId, muted }) as const),
  );
};
