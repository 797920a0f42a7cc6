import { GuildhallError } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import { FakeZone, fakeTrack, offerOf, person, personId, selfId, settle, viewOf } from './testing.ts';

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
