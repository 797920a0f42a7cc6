import type { MediaSource, ParticipantId, TrackId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { Producer, Room } from '../engine/port.ts';
import type { MeetingEventData, MeetingEventName } from '../types.ts';
import type { Demand } from './demand.ts';

/** What somebody sends. */
export interface SentTrack {
  readonly trackId: TrackId;
  readonly participantId: ParticipantId;
  readonly source: MediaSource;
  readonly producer: Producer;
  /** Undefined for audio, which is always wanted. */
  readonly demand: Demand | undefined;
}

/** What one participant's media needs of the meeting's. */
export interface MediaSurroundings {
  readonly room: Room;
  readonly epoch: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** All tracks of the meeting. */
  tracks(): Iterable<SentTrack>;
  track(trackId: string): SentTrack | undefined;
  tell<K extends MeetingEventName>(participantId: ParticipantId, name: K, data: MeetingEventData<K>): boolean;
  /** The highest layer of a track that anybody watches may have changed. */
  demandChanged(trackId: string): void;
}
