import type { MeetingChange, ParticipantId, ParticipantView } from '@guildhall/domain';
import type { MediaLink, MeetingMediaPort } from '../types.ts';

type Person = Pick<ParticipantView, 'participantId' | 'tracks'>;

export interface ElsewhereOptions {
  readonly media: () => Pick<MeetingMediaPort, 'setElsewhere'>;
  /** Everybody in the meeting. */
  readonly people: () => readonly Person[];
  /** Over which link somebody is; undefined for those who are linked to this router. */
  readonly linkOf: (participantId: ParticipantId) => MediaLink | undefined;
}

/**
 * People of the meeting who are on other routers, and what they send, as the media of this router is told. Only what a
 * change concerns is looked at: most revisions of a meeting are chat, hands and speakers, which concern nobody's tracks.
 */
export class Elsewhere {
  readonly #options: ElsewhereOptions;
  readonly #told = new Set<ParticipantId>();

  constructor(options: ElsewhereOptions) {
    this.#options = options;
  }

  /** How many are on other routers, as the media knows. */
  get count(): number {
    return this.#told.size;
  }

  /** A revision. */
  changed(changes: readonly MeetingChange[]): void {
    this.moved(changes.flatMap((change) => concernedBy(change) ?? []));
  }

  /** These are linked to another router than before, or to this one. */
  moved(participantIds: readonly ParticipantId[]): void {
    if (participantIds.length > 0) this.#review(new Set(participantIds));
  }

  /** Anything may have changed. */
  renewed(): void {
    const everybody = this.#options.people().map(({ participantId }) => participantId);
    this.#review(new Set([...everybody, ...this.#told]));
  }

  #review(concerned: ReadonlySet<ParticipantId>): void {
    const { media, people, linkOf } = this.#options;
    const left = new Set(concerned);
    for (const { participantId, tracks } of people()) {
      if (!concerned.has(participantId)) continue;
      const link = linkOf(participantId);
      if (!link) continue;
      left.delete(participantId);
      this.#told.add(participantId);
      const remote = tracks.map((track) => ({ ...track, participantId, link }));
      media().setElsewhere(participantId, remote);
    }
    for (const participantId of left) {
      if (this.#told.delete(participantId)) media().setElsewhere(participantId, undefined);
    }
  }
}

/** Whose presence or tracks it changes. */
const concernedBy = (change: MeetingChange): ParticipantId | undefined => {
  if (change.kind === 'participant.joined') return change.participant.participantId;
  const isOne =
    change.kind === 'participant.left' ||
    change.kind === 'track.added' ||
    change.kind === 'track.changed' ||
    change.kind === 'track.removed';
  return isOne ? change.participantId : undefined;
};
