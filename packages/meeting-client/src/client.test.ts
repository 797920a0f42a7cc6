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
} from './test-support.ts';

const routerDies = async (zone: FakeZone, code = 1006): Promise<void> => {
  zone.router.close(code);
  await settle();
};

test('joins in one go: the first controller that answers wins, media starts with what is wanted', async () => {
  const zone = new FakeZone();
  zone.client.setSource('mic', { track: fakeTrack('audio', 'm'), muted: true });
  zone.client.want([{ participantId: personId('ann'), source: 'camera', widthPx: 640, heightPx: 360 }]);
  await zone.join();
  expect(zone.state).toMatchObject({ phase: 'joined', selfId, error: null });
  expect(zone.joins).toEqual([{ ticket: 'a.b.c' }, { ticket: 'a.b.c' }]);
  expect(zone.asked.map((one) => one.name)).toEqual(['hello', 'media.attach', 'media.want', 'media.produce']);
  expect(zone.asks('media.produce')).toMatchObject([{ source: 'mic', muted: true }]);
});

test('a refusal of the cloud is told with its code and joining again works', async () => {
  const zone = new FakeZone();
  zone.cloud = () =>
    Response.json(
      { error: { code: 'meeting.wrong-passcode', message: 'The passcode is wrong.' } },
      { status: 403 },
    );
  await expect(zone.join()).rejects.toMatchObject({ code: 'meeting.wrong-passcode' });
  expect(zone.state).toMatchObject({ phase: 'idle', error: { code: 'meeting.wrong-passcode' } });
  zone.cloud = () => Response.json(zone.cloudAnswer());
  await zone.join();
  expect(zone.state).toMatchObject({ phase: 'joined', error: null });
});

test('a cut socket is resumed on the same seat without touching media, and nothing is lost', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.changed(2, { kind: 'lock.changed', locked: true });
  await settle();
  zone.hello = () => ({
    ...zone.joined(4),
    resumed: true,
    snapshot: null,
    missed: [
      { rev: 3, changes: [{ kind: 'topic.changed', topic: 'Renamed' }] },
      { rev: 4, changes: [{ kind: 'participant.joined', participant: person('bob') }] },
    ],
  });
  await routerDies(zone);
  await zone.clock.advance(200);
  expect(zone.asks('hello')[1]).toMatchObject({ seat: 's.e.at', resume: { rev: 2 } });
  expect(zone.state).toMatchObject({ phase: 'joined', linkDownSinceMs: null });
  expect(zone.state.view).toMatchObject({ locked: true, topic: 'Renamed' });
  expect(zone.state.view?.participants).toHaveLength(3);
  expect(zone.media.sessions).toHaveLength(1);
  expect(zone.asks('media.attach')).toHaveLength(2);
});

test('while the link is down the state says so, and a line typed meanwhile arrives once', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.dead.add(zone.routerUrl);
  await routerDies(zone);
  expect(zone.state.phase).toBe('reconnecting');
  zone.client.sendChat('hello');
  expect(zone.state.pendingChat).toMatchObject([{ text: 'hello' }]);
  await zone.clock.advance(3_000);
  expect(zone.state.phase).toBe('reconnecting');
  zone.dead.clear();
  zone.client.hurry();
  await zone.clock.advance(2_000);
  expect(zone.state.phase).toBe('joined');
  expect(zone.asks('chat.send')).toMatchObject([{ text: 'hello' }]);
});

test('a line whose answer was lost is sent again under the same id', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.answers = { 'chat.send': () => new Promise(() => undefined) };
  zone.client.sendChat('once');
  await settle();
  zone.answers = {};
  await routerDies(zone);
  await zone.clock.advance(500);
  const [first, second, third] = zone.asks('chat.send');
  expect(second).toEqual(first);
  expect(third).toBeUndefined();
});

test('a dead router is replaced: the rejoin token opens the meeting elsewhere with media anew', async () => {
  const zone = new FakeZone();
  zone.client.setSource('camera', { track: fakeTrack('video', 'c'), muted: false });
  await zone.join();
  zone.dead.add(zone.routerUrl);
  zone.routerUrl = 'ws://router-2/';
  zone.hello = () => zone.joined(1, 'self', 'ann', 'bob');
  await routerDies(zone);
  await zone.clock.advance(1_000);
  expect(zone.joins.at(-1)).toEqual({ rejoin: 'r.e.join' });
  expect(zone.asks('hello').at(-1)).not.toHaveProperty('resume');
  expect(zone.state.phase).toBe('joined');
  expect(zone.state.view?.participants).toHaveLength(3);
  expect(zone.media.sessions.map((one) => one.closed)).toEqual([true, false]);
  expect(zone.asks('media.produce')).toMatchObject([{ source: 'camera' }, { source: 'camera' }]);
});

test.each([
  ['a close that says the router is stopping', 4503],
  ['a plain close', 1001],
])('an unusable seat sends us to the zone at once: %s', async (_, code) => {
  const zone = new FakeZone();
  await zone.join();
  let refused = false;
  zone.hello = () => {
    if (refused || code === 4503) return zone.joined(1, 'self');
    refused = true;
    throw new GuildhallError('meeting.not-here', 'Not here.');
  };
  await routerDies(zone, code);
  await zone.clock.advance(0);
  expect(zone.joins.at(-1)).toEqual({ rejoin: 'r.e.join' });
  expect(zone.state.phase).toBe('joined');
});

test('a gap in the numbers is healed by the whole view, with later steps on top', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.answers = { 'view.get': () => ({ rev: 4, view: { ...viewOf('self', 'ann'), topic: 'Whole' } }) };
  zone.changed(4, { kind: 'topic.changed', topic: 'Never shown alone' });
  zone.changed(5, { kind: 'lock.changed', locked: true });
  await settle();
  expect(zone.asks('view.get')).toHaveLength(1);
  expect(zone.state.view).toMatchObject({ topic: 'Whole', locked: true });
  zone.changed(6, { kind: 'topic.changed', topic: 'Next' });
  await settle();
  expect(zone.state.view?.topic).toBe('Next');
});

test('the lobby shows nothing of the meeting until the host admits', async () => {
  const zone = new FakeZone();
  zone.hello = () => zone.lobby();
  await zone.join();
  expect(zone.state).toMatchObject({ phase: 'lobby', view: null, waitingFor: 'admission' });
  expect(zone.media.sessions).toHaveLength(0);
  zone.router.emit('lobby.waitingFor', { waitingFor: 'host' });
  await settle();
  expect(zone.state.waitingFor).toBe('host');
  zone.router.emit('lobby.admitted', {
    rev: 7,
    snapshot: viewOf('self', 'ann'),
    media: offerOf(1),
    role: 'guest',
  });
  await settle();
  expect(zone.state).toMatchObject({ phase: 'joined', view: { topic: 'Weekly' } });
  expect(zone.media.session.epoch).toBe(1);
});

test.each([
  ['lobby.refused', {}, 'refused'],
  ['you.removed', {}, 'removed'],
  ['meeting.ended', { reason: 'ended-by-host' }, 'ended'],
] as const)('%s ends it for good', async (event, data, kind) => {
  const zone = new FakeZone();
  await zone.join();
  zone.router.emit(event, data);
  await settle();
  zone.router.close(4410);
  await zone.clock.advance(5_000);
  expect(zone.state).toMatchObject({ phase: 'ended', end: { kind } });
  expect(zone.peers).toHaveLength(1);
  expect(zone.media.session.closed).toBe(true);
});

test.each([
  [4403, 'removed'],
  [4409, 'replaced'],
  [4410, 'ended'],
] as const)('a close with %i is not dialled again', async (code, kind) => {
  const zone = new FakeZone();
  await zone.join();
  await routerDies(zone, code);
  await zone.clock.advance(5_000);
  expect(zone.state).toMatchObject({ phase: 'ended', end: { kind } });
  expect(zone.peers).toHaveLength(1);
});

test('a meeting that moved is followed, not ended', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.routerUrl = 'ws://router-2/';
  zone.router.emit('meeting.ended', { reason: 'moved' });
  await zone.clock.advance(200);
  expect(zone.asked.at(-1)?.routerUrl).toBe('ws://router-2/');
  expect(zone.state.phase).toBe('joined');
});

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

test('a link that has gone silent is noticed and made anew', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.answers = { 'media.want': () => new Promise(() => undefined) };
  await zone.clock.advance(3_000);
  expect(zone.peers).toHaveLength(2);
  zone.answers = {};
  await zone.clock.advance(500);
  expect(zone.state.phase).toBe('joined');
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

test('leaving tells the router, twice changes nothing', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.client.leave();
  zone.client.leave();
  zone.client.close();
  await settle();
  expect(zone.asks('leave')).toHaveLength(1);
  expect(zone.state).toMatchObject({ phase: 'ended', end: { kind: 'left' }, remote: {} });
});
