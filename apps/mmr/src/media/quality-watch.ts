import type { ParticipantId } from '@guildhall/domain';
import type { Clock, Timer } from '@guildhall/kit';
import type { MediaListener } from '../types.ts';
import type { ParticipantMedia } from './participant-media.ts';

const periodMs = 5_000;

/** Tells each participant how well its media gets through, when that changed. */
export class QualityWatch {
  readonly #participants: ReadonlyMap<ParticipantId, ParticipantMedia>;
  readonly #listener: Pick<MediaListener, 'tell'>;
  readonly #told = new Map<ParticipantId, string>();
  readonly #timer: Timer;

  constructor(
    participants: ReadonlyMap<ParticipantId, ParticipantMedia>,
    listener: Pick<MediaListener, 'tell'>,
    clock: Clock,
  ) {
    this.#participants = participants;
    this.#listener = listener;
    this.#timer = clock.setInterval(() => this.#look(), periodMs);
  }

  forget(participantId: ParticipantId): void {
    this.#told.delete(participantId);
  }

  close(): void {
    this.#timer.cancel();
  }

  #look(): void {
    for (const [participantId, media] of this.#participants) {
      if (media.isRunning) void this.#tell(participantId, media);
    }
  }

  async #tell(participantId: ParticipantId, media: ParticipantMedia): Promise<void> {
    try {
      const quality = await media.quality();
      const text = `${quality.up} ${quality.down}`;
      if (this.#told.get(participantId) === text) return;
      if (this.#listener.tell(participantId, 'link.quality', quality)) this.#told.set(participantId, text);
    } catch {
      // The transport was closed meanwhile.
    }
  }
}
