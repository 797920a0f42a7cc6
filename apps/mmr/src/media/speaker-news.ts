import type { Clock } from '@guildhall/kit';
import { quietLinkMs } from '@guildhall/protocol';
import type { MeetingEventData } from '../types.ts';

/** A sixth of what separates a whisper from a call; meters that people look at have coarser steps. */
const noticeableDb = 6;
/** The engine has an opinion three times a second: the next one after this still comes before a client asks. */
const opinionMs = 350;
/** The event is not numbered: who just came, or lost one, knows after this time and the next opinion. */
const repeatMs = quietLinkMs - opinionMs - 50;

type Speakers = MeetingEventData<'speakers'>;

/**
 * Decides which of the engine's opinions about who is heard, three a second, everybody is told. In a meeting of 200 each
 * is 200 messages, so what nobody would notice is left out: the same people, each about as loud as told before.
 */
export class SpeakerNews {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #tell: (news: Speakers) => void;
  #told: ReadonlyMap<string, number> = new Map();
  #toldAtMs = -Infinity;

  constructor(clock: Pick<Clock, 'monotonicMs'>, tell: (news: Speakers) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  heard(news: Speakers): void {
    const nowMs = this.#clock.monotonicMs();
    const isRepeat = nowMs - this.#toldAtMs >= repeatMs;
    if (!isRepeat && !this.#isNoticeable(news)) return;
    this.#toldAtMs = nowMs;
    this.#told = new Map(news.speakers.map(({ participantId, levelDb }) => [participantId, levelDb]));
    this.#tell(news);
  }

  #isNoticeable({ speakers }: Speakers): boolean {
    if (speakers.length !== this.#told.size) return true;
    return speakers.some(({ participantId, levelDb }) => {
      const told = this.#told.get(participantId);
      return told === undefined || Math.abs(levelDb - told) >= noticeableDb;
    });
  }
}
