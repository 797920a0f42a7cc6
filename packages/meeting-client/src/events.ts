import type { MeetingChange, MeetingView, MediaSource } from '@guildhall/domain';
import type { EventName, EventReceived } from '@guildhall/rpc';
import type { Gate } from './link/gate.ts';
import type { MeetingPeer, RouterHalf } from './link/slot.ts';

type RouterEvent = EventName<RouterHalf>;

/** A handler for every event of the router: a missing one does not compile. */
export type EventHandlers = { readonly [K in RouterEvent]: (data: EventReceived<RouterHalf, K>) => void };

/** Wires the handlers to a link; nothing reaches them before the gate opens. */
export const wireEvents = (peer: MeetingPeer, gate: Gate, handlers: EventHandlers): void => {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the handler to its event
  const hear = <K extends RouterEvent>(name: K): void => {
    peer.on(name, (data) => gate.run(() => handlers[name](data)));
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of the handlers has no other keys
  const names = Object.keys(handlers) as RouterEvent[];
  for (const name of names) hear(name);
};

/** Sources of ours which somebody else switched off in these changes. */
export const mutedTracks = (
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
