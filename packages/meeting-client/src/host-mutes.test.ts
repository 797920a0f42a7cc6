import type { TrackId } from '@guildhall/domain';
import { TrackIdSchema } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { FakeZone, fakeTrack, selfId, settle } from './testing.ts';

/** Somebody in a meeting with a microphone whose next `media.mute` waits until it is answered. */
const withSlowMute = async () => {
  const zone = new FakeZone();
  const mic = fakeTrack('audio', 'm');
  const notices: unknown[] = [];
  zone.client.onNotice((notice) => notices.push(notice));
  zone.client.setSource('mic', { track: mic, muted: true });
  await zone.join();
  const ownTrack = TrackIdSchema.parse(Reflect.get(Object(zone.asks('media.produce')[0]), 'trackId'));
  zone.changed(2, {
    kind: 'track.added',
    participantId: selfId,
    track: { trackId: ownTrack, source: 'mic', muted: true },
  });
  await settle();
  let answer = (): void => undefined;
  const answered = new Promise<Record<string, never>>((resolve) => (answer = () => resolve({})));
  Reflect.set(zone.answers, 'media.mute', () => answered);
  zone.client.setMuted('mic', false);
  await settle();
  return { zone, mic, notices, ownTrack, answer };
};

const told = (zone: FakeZone, rev: number, trackId: TrackId, muted: boolean): void =>
  zone.changed(rev, { kind: 'track.changed', participantId: selfId, trackId, muted });

test('a host mutes while the own unmute is unanswered: silent as soon as it is answered', async () => {
  const { zone, mic, notices, ownTrack, answer } = await withSlowMute();
  told(zone, 3, ownTrack, false);
  told(zone, 4, ownTrack, true);
  await settle();
  expect(mic.enabled).toBe(true);
  answer();
  await settle();
  expect(mic.enabled).toBe(false);
  expect(zone.state.local.mic?.muted).toBe(true);
  expect(notices).toEqual([{ kind: 'muted-by-host', source: 'mic', trackId: ownTrack }]);
});

test('a host muted just before the own unmute: the unmute came last and holds', async () => {
  const { zone, mic, notices, ownTrack, answer } = await withSlowMute();
  told(zone, 3, ownTrack, true);
  told(zone, 4, ownTrack, false);
  answer();
  await settle();
  expect(mic.enabled).toBe(true);
  expect(notices).toEqual([]);
});
