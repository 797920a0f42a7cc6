import { GuildhallError } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import {
  FakeZone,
  fakeTrack,
  offerOf,
  person,
  personId,
  selfId,
  settle,
  trackId,
  viewOf,
} from './testing.ts';

const announce = (zone: FakeZone, epoch: number, consumerId: string): void => {
  zone.router.emit('consumer.added', {
    epoch,
    participantId: personId('ann'),
    source: 'camera',
    consumer: {
      consumerId,
      producerId: 'p1',
      kind: 'video',
      type: 'simulcast',
      rtpParameters: {
        codecs: [{ mimeType: 'video/VP8', payloadType: 101, clockRate: 90_000 }],
        encodings: [{}],
      },
      paused: true,
    },
  });
};

test('the pictures of others are set up before the own one is sent', async () => {
  const zone = new FakeZone();
  zone.client.setSource('camera', { track: fakeTrack('video', 'c'), muted: false });
  zone.hello = () => {
    const ann = {
      ...person('ann'),
      tracks: [{ trackId: trackId('a'), source: 'camera' as const, muted: false }],
    };
    const joined = zone.joined(1);
    if (joined.state !== 'joined') throw new Error('not joined');
    return { ...joined, snapshot: { ...viewOf('self'), participants: [person('self'), ann] } };
  };
  await zone.join();
  expect(zone.asks('media.produce')).toEqual([]);
  announce(zone, 1, 'c1');
  await zone.clock.advance(10);
  const names = zone.asked.map((one) => one.name);
  expect(names.indexOf('media.consumerReady')).toBeLessThan(names.indexOf('media.produce'));
  expect(names.indexOf('media.consumerReady')).toBeGreaterThan(0);
});

test('a replaced media worker: the last picture stays until the new one comes', async () => {
  const zone = new FakeZone();
  await zone.join();
  announce(zone, 1, 'c1');
  await zone.clock.advance(10);
  const key = `${personId('ann')}/camera` as const;
  expect(zone.state.remote[key]).toMatchObject({ stale: false, paused: false, track: { id: 'c1' } });
  expect(zone.asks('media.consumerReady')).toEqual([{ consumerId: 'c1' }]);
  zone.changed(2, {
    kind: 'track.added',
    participantId: personId('ann'),
    track: { trackId: trackId('a'), source: 'camera', muted: false },
  });
  zone.router.emit('media.reset', { media: offerOf(2) });
  await settle();
  expect(zone.state.remote[key]).toMatchObject({ stale: true, track: { id: 'c1' } });
  announce(zone, 1, 'late');
  announce(zone, 2, 'c2');
  await zone.clock.advance(10);
  expect(zone.state.remote[key]).toMatchObject({ stale: false, track: { id: 'c2' } });
  expect(zone.media.sessions.map((one) => one.epoch)).toEqual([1, 2]);
});

test('what the host muted is silent here too, and unmuting is ours again', async () => {
  const zone = new FakeZone();
  const mic = fakeTrack('audio', 'm');
  const notices: unknown[] = [];
  zone.client.onNotice((notice) => notices.push(notice));
  zone.client.setSource('mic', { track: mic, muted: false });
  await zone.join();
  const sent = zone.asks('media.produce')[0];
  const ownTrack = trackIdOf(sent);
  zone.changed(2, { kind: 'track.changed', participantId: selfId, trackId: ownTrack, muted: true });
  await settle();
  expect(mic.enabled).toBe(false);
  expect(notices).toMatchObject([{ kind: 'muted-by-host', source: 'mic' }]);
  zone.client.setMuted('mic', false);
  await settle();
  expect(mic.enabled).toBe(true);
  expect(zone.asks('media.mute').at(-1)).toEqual({ trackId: ownTrack, muted: false });
});

const trackIdOf = (produce: unknown) =>
  trackId(String(Reflect.get(Object(produce), 'trackId')).replace(/^trk_/u, ''));

test('what nobody watches is not sent', async () => {
  const zone = new FakeZone();
  zone.client.setSource('camera', { track: fakeTrack('video', 'c'), muted: false });
  await zone.join();
  zone.router.emit('track.demand', {
    trackId: trackIdOf(zone.asks('media.produce')[0]),
    maxSpatialLayer: -1,
  });
  await settle();
  expect(zone.media.session.sent).toMatchObject([{ source: 'camera', limit: -1 }]);
});

test('a refused screen is taken back and said', async () => {
  const zone = new FakeZone();
  const notices: unknown[] = [];
  zone.client.onNotice((notice) => notices.push(notice));
  await zone.join();
  zone.answers = {
    'media.produce': () => {
      throw new GuildhallError('media.screen-not-allowed', 'Only hosts may share.');
    },
  };
  zone.client.setSource('screen', { track: fakeTrack('video', 's'), muted: false });
  await settle();
  expect(zone.state.local).toEqual({});
  expect(zone.media.session.sent).toEqual([]);
  expect(notices).toMatchObject([{ kind: 'source-refused', error: { code: 'media.screen-not-allowed' } }]);
});

const tileOf = (name: string) => ({
  participantId: personId(name),
  source: 'camera' as const,
  widthPx: 160,
  heightPx: 90,
});

test('wishes are sent at once and then at most every 100 ms, the newest last', async () => {
  const zone = new FakeZone();
  await zone.join();
  await zone.clock.advance(200);
  for (const name of ['ann', 'bob', 'cho', 'dan']) zone.client.want([tileOf(name)]);
  await settle();
  expect(zone.asks('media.want').slice(1)).toEqual([{ tiles: [tileOf('ann')] }]);
  await zone.clock.advance(100);
  expect(zone.asks('media.want').slice(2)).toEqual([{ tiles: [tileOf('dan')] }]);
});

test('a failed path gets new ICE credentials until it is back', async () => {
  const zone = new FakeZone();
  zone.answers = {
    'media.restartIce': () => ({ iceParameters: { usernameFragment: 'wxyz', password: 'b'.repeat(22) } }),
  };
  await zone.join();
  zone.media.session.hooks.onState('recv', 'failed');
  await zone.clock.advance(0);
  expect(zone.state.media).toBe('interrupted');
  await zone.clock.advance(6_000);
  expect(zone.asks('media.restartIce')).toHaveLength(2);
  zone.media.session.hooks.onState('recv', 'connected');
  await zone.clock.advance(20_000);
  expect(zone.asks('media.restartIce')).toHaveLength(2);
});

test('media that cannot be opened now is tried again', async () => {
  const zone = new FakeZone();
  const open = zone.media.open.bind(zone.media);
  let broken = true;
  zone.media.open = (offer, hooks) => (broken ? Promise.reject(new Error('no socket')) : open(offer, hooks));
  await zone.join();
  expect(zone.state).toMatchObject({ phase: 'joined', media: 'interrupted' });
  broken = false;
  await zone.clock.advance(5_000);
  expect(zone.asks('media.attach')).toHaveLength(1);
});
