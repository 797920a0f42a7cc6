import type { ParticipantId } from '@guildhall/domain';
import type { Speaker } from '../engine/port.ts';
import type { MeetingEventData } from '../types.ts';
import type { ParticipantMedia } from './participant-media.ts';
import type { SentTrack } from './types.ts';

/** For /debug/state. */
export const describeTracks = (tracks: Iterable<SentTrack>): unknown =>
  Array.from(tracks, ({ trackId, source, producer, demand }) => ({
    trackId,
    source,
    paused: producer.paused,
    demand: demand?.told,
  }));

/** For /debug/state. */
export const describeReceivers = (
  participants: Iterable<readonly [ParticipantId, ParticipantMedia]>,
): unknown =>
  Array.from(participants, ([participantId, media]) => ({
    participantId,
    running: media.isRunning,
    consumers: media.receiver.count,
  }));

const maxSpeakers = 20;

/** What people are told of who is heard. */
export const speakersOf = (
  speakers: readonly Speaker[],
  trackOf: (producerId: string) => SentTrack | undefined,
): MeetingEventData<'speakers'> => {
  const heard = speakers.flatMap(({ producerId, volumeDb }) => {
    const track = trackOf(producerId);
    const levelDb = Math.min(0, Math.max(-127, volumeDb));
    return track ? [{ participantId: track.participantId, levelDb }] : [];
  });
  return { speakers: heard.slice(0, maxSpeakers) };
};
