import { afterEach, expect, test } from 'vitest';
import { makeCascade, type CascadeRouter } from './cascade-harness.ts';
import { Browser, codeOf, join, line, meetingId, prt } from './harness.ts';

// One meeting on three routers: it must look like one on one router, and cost no more streams than it has to.

type Cascade = Awaited<ReturnType<typeof makeCascade>>;
let cascade: Cascade | undefined;

afterEach(async () => {
  for (const { branches, engine } of cascade?.list ?? []) {
    branches.close();
    await engine.close();
  }
});

const start = async (settings: Parameters<typeof makeCascade>[1] = {}) => {
  cascade = await makeCascade(3, settings);
  const [one, two] = cascade.subs;
  if (!one || !two) throw new Error('two sub routers');
  return { ...cascade, one, two };
};

const picture = (name: string, source: 'camera' | 'screen' = 'camera', widthPx = 320) => ({
  participantId: prt(name),
  source,
  widthPx,
  heightPx: Math.round((widthPx * 9) / 16),
});

const consumersOf = (router: CascadeRouter, trackId: string): number =>
  router.engine.producer(trackId)?.consumers.size ?? 0;

test('roster, chat, hands and names are one', async () => {
  const { top, one, two, settle } = await start();
  const ann = await join(top, 'ann', 'host');
  const bob = await join(one, 'bob');
  const eve = await join(two, 'eve', 'guest');
  await settle();
  for (const browser of [ann, bob, eve]) expect(browser.names()).toEqual(['ann', 'bob', 'eve']);
  await bob.peer.request('chat.send', { lineId: line('hello'), text: 'hello' });
  await eve.peer.request('hand.set', { raised: true });
  await bob.peer.request('name.set', { name: 'Robert' });
  await settle();
  for (const browser of [ann, bob, eve]) {
    expect(browser.view).toEqual(ann.view);
    expect(browser.rev).toBe(ann.rev);
    expect(browser.view?.chat.map(({ name, text }) => `${name}: ${text}`)).toEqual(['bob: hello']);
    expect(browser.view?.participants.map(({ name }) => name)).toEqual(['ann', 'Robert', 'eve']);
  }
  expect((await eve.peer.request('view.get', {})).view).toEqual(ann.view);
});

test('the lobby is seen by those who may admit, wherever they are, and by nobody else', async () => {
  const { top, one, two, settle } = await start({ lobby: true });
  const host = await join(one, 'host', 'host');
  const guest = await join(two, 'guest', 'guest');
  expect(guest.answer).toMatchObject({ state: 'lobby', waitingFor: 'admission', topic: 'Weekly' });
  const other = await join(top, 'other', 'guest');
  await settle();
  expect(host.view?.lobby.map(({ name }) => name)).toEqual(['guest', 'other']);
  expect(await codeOf(guest.peer.request('view.get', {}))).toBe('meeting.waiting');
  await host.peer.request('host.admit', { participantId: prt('guest') });
  await settle();
  expect(guest.events('lobby.admitted')).toHaveLength(1);
  expect(guest.names()).toEqual(['host', 'guest']);
  expect(guest.view?.lobby).toEqual([]);
  expect(other.view).toBeUndefined();
  // A new moderator is told who waits; nobody else is.
  await host.peer.request('host.setRole', { participantId: prt('guest'), role: 'co-host' });
  await settle();
  expect(guest.view?.lobby.map(({ name }) => name)).toEqual(['other']);
  await guest.peer.request('host.refuse', { participantId: prt('other') });
  await settle();
  expect(other.closed).toMatchObject({ code: 4403 });
});

test('lock, mute, remove and end hold everywhere', async () => {
  const { top, one, two, settle } = await start();
  const host = await join(top, 'host', 'host');
  const bob = await join(one, 'bob');
  const eve = await join(two, 'eve');
  await settle();
  const mic = await bob.send('mic');
  await settle();
  await host.peer.request('host.mute', { participantId: prt('bob'), source: 'mic' });
  await settle();
  expect(one.engine.producer(mic)?.paused).toBe(true);
  for (const browser of [host, bob, eve]) {
    const person = browser.view?.participants.find(({ name }) => name === 'bob');
    expect(person?.tracks).toMatchObject([{ trackId: mic, muted: true }]);
  }
  expect(await codeOf(eve.peer.request('host.lock', { locked: true }))).toBe('meeting.not-allowed');
  await host.peer.request('host.lock', { locked: true });
  await settle();
  const late = new Browser(one, 'late');
  expect(await codeOf(late.hello(await one.seat('late', 'participant')))).toBe('meeting.locked');
  await host.peer.request('host.remove', { participantId: prt('bob') });
  await settle();
  expect(bob.events('you.removed')).toHaveLength(1);
  expect(bob.closed).toMatchObject({ code: 4403 });
  expect(one.engine.producer(mic)).toBeUndefined();
  const again = new Browser(two, 'bob');
  expect(await codeOf(again.hello(await two.seat('bob', 'participant')))).toBe('meeting.removed');
  await host.peer.request('host.end', {});
  await settle(5_000);
  expect(eve.events('meeting.ended')).toEqual([{ reason: 'ended-by-host' }]);
  expect(eve.closed).toMatchObject({ code: 4410 });
  expect([one, two].flatMap(({ branches }) => branches.reports())).toEqual([]);
});

test('the host may sit behind a branch: what it ends is answered before its link closes', async () => {
  const { top, one, settle } = await start();
  const host = await join(one, 'host', 'host');
  const bob = await join(top, 'bob');
  await host.peer.request('host.end', {});
  await settle(5_000);
  expect(bob.closed).toMatchObject({ code: 4410 });
  expect(host.closed).toMatchObject({ code: 4410 });
});

test('a stream crosses a link once, only while somebody behind it watches, and from branch to branch over the owner', async () => {
  const { top, one, two, settle, sent } = await start();
  const bob = await join(one, 'bob');
  const watchers = [await join(two, 'eve'), await join(two, 'fay'), await join(top, 'ann')];
  const camera = await bob.send('camera');
  await settle();
  expect(sent(one)).toEqual([[]]);
  expect(bob.events('track.demand')).toEqual([]);

  for (const watcher of watchers) await watcher.peer.request('media.want', { tiles: [picture('bob')] });
  await settle(100);
  expect(sent(one)).toEqual([[camera]]);
  expect(sent(top).flat()).toEqual([camera]);
  expect([consumersOf(two, camera), consumersOf(top, camera)]).toEqual([2, 1]);

  // The last one behind the second branch looks away: the stream leaves that link, and stays on the other.
  for (const watcher of watchers.slice(0, 2)) await watcher.peer.request('media.want', { tiles: [] });
  await settle(11_000);
  expect(sent(top)).toEqual([[], []]);
  expect(sent(one)).toEqual([[camera]]);
  await watchers[2]?.peer.request('media.want', { tiles: [] });
  await settle(11_000);
  expect(sent(one)).toEqual([[]]);
  expect(top.engine.producer(camera)).toBeUndefined();
});

test('how large a picture is watched is told to its sender through the routers', async () => {
  const { one, two, settle } = await start();
  const bob = await join(one, 'bob');
  const eve = await join(two, 'eve');
  const camera = await bob.send('camera');
  await eve.peer.request('media.want', { tiles: [picture('bob')] });
  await settle(100);
  await settle(3_000);
  expect(bob.events('track.demand').at(-1)).toEqual({ trackId: camera, maxSpatialLayer: 0 });
  await eve.peer.request('media.want', { tiles: [picture('bob', 'camera', 1280)] });
  await settle(100);
  expect(bob.events('track.demand').at(-1)).toEqual({ trackId: camera, maxSpatialLayer: 2 });
});

test('voices cross while they are on, and are silent at once when muted', async () => {
  const { top, one, two, settle, sent } = await start();
  const bob = await join(one, 'bob');
  await join(two, 'eve');
  const mic = await bob.send('mic', true);
  await settle();
  expect(sent(one)).toEqual([[]]);
  await bob.peer.request('media.mute', { trackId: mic, muted: false });
  await settle(100);
  // Nobody is linked to the owner itself, yet the voice goes through it, once on each link.
  expect(sent(one)).toEqual([[mic]]);
  expect(sent(top).flat()).toEqual([mic]);
  expect(consumersOf(two, mic)).toBe(1);
  await bob.peer.request('media.mute', { trackId: mic, muted: true });
  await settle();
  expect([one, top, two].map(({ engine }) => engine.producer(mic)?.paused)).toEqual([true, true, true]);
  await settle(11_000);
  expect(sent(one)).toEqual([[]]);
});

test('a broken link is resumed: nobody left, nothing was lost, and pictures come back', async () => {
  const { top, one, settle, sent } = await start();
  const ann = await join(top, 'ann', 'host');
  const bob = await join(one, 'bob');
  const camera = await ann.send('camera');
  await bob.peer.request('media.want', { tiles: [picture('ann')] });
  await settle(100);
  expect(consumersOf(one, camera)).toBe(1);
  one.links.at(-1)?.close(1006, 'cut');
  // Said while the link is gone.
  const said = ann.peer.request('chat.send', { lineId: line('meanwhile'), text: 'meanwhile' });
  await settle(1_500);
  await said;
  await bob.peer.request('hand.set', { raised: true });
  await settle(2_000);
  expect(one.links.length).toBeGreaterThan(1);
  expect(bob.view).toEqual(ann.view);
  expect(bob.view?.chat).toHaveLength(1);
  expect(ann.view?.participants.map(({ presence }) => presence)).toEqual(['connected', 'connected']);
  expect(ann.told.filter(({ name }) => name === 'meeting.changed')).not.toContainEqual(
    expect.objectContaining({ data: expect.objectContaining({ changes: [{ kind: 'participant.left' }] }) }),
  );
  expect(consumersOf(one, camera)).toBe(1);
  expect(sent(top).flat()).toEqual([camera]);
});

test('the link of a branch is resumed: its people are heard and seen behind the other branch again', async () => {
  const { one, two, settle, sent, top } = await start();
  const bob = await join(one, 'bob');
  const eve = await join(two, 'eve');
  const streams = [await bob.send('mic'), await bob.send('camera')];
  await eve.peer.request('media.want', { tiles: [picture('bob')] });
  await settle(100);
  expect(streams.map((trackId) => consumersOf(two, trackId))).toEqual([1, 1]);
  one.links.at(-1)?.close(1006, 'cut');
  await settle(3_000);
  // From the first branch to the owner, and from there to the second: on both anew.
  expect(sent(one)).toEqual([streams]);
  expect(sent(top).filter((ids) => ids.length > 0)).toEqual([streams]);
  expect(streams.map((trackId) => consumersOf(two, trackId))).toEqual([1, 1]);
});

test('a sub router that dies: its people are reconnecting, then back through another router, and not twice', async () => {
  const { top, one, two, settle } = await start();
  const ann = await join(top, 'ann', 'host');
  await join(one, 'bob');
  await settle();
  one.reachable = false;
  one.links.at(-1)?.close(1006, 'died');
  await settle(3_000);
  expect(ann.view?.participants.map(({ name, presence }) => `${name} ${presence}`)).toEqual([
    'ann connected',
    'bob reconnecting',
  ]);
  const bob = await join(two, 'bob');
  await settle();
  expect(bob.joined.state).toBe('joined');
  expect(ann.view?.participants.map(({ name, presence }) => `${name} ${presence}`)).toEqual([
    'ann connected',
    'bob connected',
  ]);
  await settle(40_000);
  expect(ann.names()).toEqual(['ann', 'bob']);
  expect(top.history.filter(({ kind }) => kind === 'participant.left')).toEqual([]);
});

test('who comes in through another router is gone from the first', async () => {
  const { top, one, settle } = await start();
  await join(top, 'ann', 'host');
  const before = await join(one, 'bob');
  await settle();
  const bob = await join(top, 'bob');
  await settle();
  expect(before.closed).toMatchObject({ code: 4409 });
  const last = await join(one, 'bob');
  await settle();
  expect(bob.closed).toMatchObject({ code: 4409 });
  expect(last.names()).toEqual(['ann', 'bob']);
  expect(top.meetings.counts()).toEqual([1]);
  expect(one.branches.reports()).toMatchObject([{ meetingId, participants: 1 }]);
});

test('the owner dies: its branches are led to the new owner, and their people do not move', async () => {
  const { top, one, two, spec, order, until, settle } = await start();
  const ann = await join(top, 'ann', 'host');
  const bob = await join(one, 'bob');
  const eve = await join(two, 'eve');
  const mic = await bob.send('mic');
  await settle();
  const checkpoint = {
    spec,
    // The last revisions were not worth storing.
    rev: ann.rev - 2,
    startedAtMs: 1,
    locked: true,
    admitted: [prt('ann'), prt('bob'), prt('eve')],
    removed: [],
    chat: [],
    waiting: [],
    people: (ann.view?.participants ?? []).map(({ participantId, name, role, joinedAtMs }) => ({
      participantId,
      subject: `usr_${name.padEnd(10, '0')}`,
      name,
      role,
      joinedAtMs,
      handRaisedAtMs: null,
    })),
  };
  top.reachable = false;
  for (const { links } of [one, two]) links.at(-1)?.close(1006, 'died');
  // The second branch becomes the owner: people there dial again.
  two.branches.giveWay(meetingId);
  await two.meetings.open({ meeting: spec, epoch: 2, checkpoint });
  await settle();
  expect(eve.closed).toMatchObject({ code: 4503 });
  await until(one.branches.open(order(two, 2)));
  await settle(3_000);
  const back = await join(two, 'eve');
  await settle();
  // The browser resumes where it is, and goes on with the media it has.
  expect(bob.closed).toMatchObject({ code: 1012 });
  const bobAgain = new Browser(one, 'bob');
  const { sessionId } = bob.joined;
  const answer = await bobAgain.hello(await one.seat('bob', 'participant'), { sessionId, rev: bob.rev });
  expect(answer).toMatchObject({ state: 'joined', resumed: true, snapshot: { locked: true } });
  await settle();
  expect(back.view?.participants.map(({ name, presence }) => `${name} ${presence}`)).toEqual([
    'ann reconnecting',
    'bob connected',
    'eve connected',
  ]);
  // What is sent behind a branch goes on: the next owner learns of it, and its people get it.
  expect(back.view?.participants[1]?.tracks).toEqual([{ trackId: mic, source: 'mic', muted: false }]);
  await settle(1_000);
  expect(consumersOf(two, mic)).toBe(1);
  expect(bobAgain.view).toEqual(back.view);
  expect(await codeOf(one.branches.open(order(two, 1)))).toBe('zone.stale-epoch');
});

test('media workers may die on either side: the pipe is made anew', async () => {
  const { top, one, settle, sent } = await start();
  const ann = await join(top, 'ann');
  const bob = await join(one, 'bob');
  await settle();
  for (const router of [one, top]) {
    router.engine.killWorker(0);
    await settle(100);
    for (const browser of [ann, bob]) await browser.attach();
    const camera = await ann.send('camera');
    await bob.peer.request('media.want', { tiles: [picture('ann')] });
    await settle(1_000);
    expect(sent(top).flat()).toContain(camera);
    expect(consumersOf(one, camera)).toBe(1);
    await ann.peer.request('media.stop', { trackId: camera });
    await settle();
  }
});

test('a router that is drained gives its branches away: people are served on both until they have moved', async () => {
  const { top, one, two, settle } = await start();
  const ann = await join(top, 'ann');
  const bob = await join(one, 'bob');
  await bob.send('mic');
  const mic = await ann.send('mic');
  await settle(100);
  one.branches.drain(true);
  await settle();
  expect(bob.events('meeting.moving')).toHaveLength(1);
  const next = await join(two, 'bob');
  await settle(100);
  expect(bob.closed).toBeUndefined();
  expect([consumersOf(one, mic), consumersOf(two, mic)]).toEqual([1, 1]);
  await bob.peer.request('move.done', {}).catch(() => undefined);
  await settle();
  expect(bob.closed).toMatchObject({ code: 4503 });
  expect(one.branches.reports()).toEqual([]);
  expect(next.names()).toEqual(['ann', 'bob']);
  expect(ann.names()).toEqual(['ann', 'bob']);
});

test('an empty branch closes after its grace, and one without its owner sends its people to look for it', async () => {
  const { one, two, top, settle } = await start();
  const bob = await join(one, 'bob');
  await settle(61_000);
  expect(two.branches.reports()).toEqual([]);
  expect(one.branches.reports()).toHaveLength(1);
  top.reachable = false;
  one.links.at(-1)?.close(1006, 'died');
  await settle(31_000);
  expect(bob.closed).toMatchObject({ code: 4503 });
  expect(one.branches.reports()).toEqual([]);
});

test('a change in the portal reaches the branches too', async () => {
  const { top, one, settle } = await start();
  const ann = await join(top, 'ann', 'host');
  const bob = await join(one, 'bob');
  await settle();
  await top.meetings.update({ meetingId, atMs: 1, topic: 'Monthly', settings: { chat: false } });
  await settle();
  for (const { view } of [ann, bob])
    expect(view).toMatchObject({ topic: 'Monthly', settings: { chat: false } });
  const refused = codeOf(bob.peer.request('chat.send', { lineId: line('hello'), text: 'hello' }));
  await settle();
  expect(await refused).toBe('meeting.chat-off');
});
