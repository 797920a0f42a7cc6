import type { HearingMode, MediaSource, ParticipantId, TrackId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { Producer, Room } from '../engine/port.ts';
import type { MeetingEventData, MeetingEventName } from '../types.ts';
import type { Demand } from './demand.ts';

/** What can be received: what somebody sends, or a speaker slot. */
export interface HeardTrack {
  readonly trackId: string;
  /** Of a slot: the id that stands for it, which is nobody's. */
  readonly participantId: ParticipantId;
  readonly source: MediaSource;
  readonly producer: Pick<Producer, 'id' | 'kind' | 'layers' | 'paused'>;
  /** Which speaker slot this is; undefined for what somebody sends. */
  readonly slot: number | undefined;
}

/** What somebody sends. */
export interface SentTrack extends HeardTrack {
  readonly trackId: TrackId;
  readonly producer: Producer;
  readonly slot: undefined;
  /** Undefined for audio, which is always wanted. */
  readonly demand: Demand | undefined;
}

/** The voices of a meeting that has speaker slots, for the links that carry only some of them. */
export interface Voices {
  /** Whether there is a choice: slots are open for long enough to know who speaks. Otherwise every voice counts. */
  readonly chosen: boolean;
  /** How many slots there are. */
  readonly slots: number;
  /** Whether it fills a slot. */
  holds(trackId: string): boolean;
  /** Monotonic; -Infinity for who has not been heard. */
  lastVoicedMs(trackId: string): number;
}

export interface VoicesListener {
  /** `chosen` is another one now. */
  voicesChosen(): void;
  /** Somebody begins to speak. */
  voiceBegan(trackId: string): void;
  /** Somebody fills a slot now. */
  voiceHeld(trackId: string): void;
  /** Muted, stopped, or not here any more: not to be heard from now on. */
  voiceGone(trackId: string): void;
}

/** What one participant's media needs of the meeting's. */
export interface MediaSurroundings {
  readonly room: Room;
  readonly epoch: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** All tracks of the meeting, and the speaker slots while there are some. */
  tracks(): Iterable<HeardTrack>;
  track(trackId: string): HeardTrack | undefined;
  /** How people are to be heard from now on. */
  hearing(): HearingMode;
  /** Who fills this speaker slot now. */
  slotHolder(slot: number): ParticipantId | undefined;
  /** A receiver hears as it should. */
  hearingSettled(): void;
  tell<K extends MeetingEventName>(participantId: ParticipantId, name: K, data: MeetingEventData<K>): boolean;
  /** The highest layer of a track that anybody watches may have changed. */
  demandChanged(trackId: string): void;
}
