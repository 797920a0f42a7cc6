import type { TrackId } from '@guildhall/domain';
import { FakeClock, seededRandom, silentLogger } from '@guildhall/kit';
import { meetingContract, slotOf } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { createFakeEngine } from '../../../apps/mmr/src/engine/fake/index.ts';
import { Hearing, hearingRules } from '../../../apps/mmr/src/media/slots/hearing.ts';
import { microphone } from '../../contract/engine/fixtures.ts';
import { Browser, join, makeRouter, newTrack, prt, type TestRouter } from './harness.ts';
import { hearAll, type Listener } from './sound.ts';

// Voices of a large meeting, with packets: who hears whom, and how often.

const hall = async (router: TestRouter) => {
  const { engine, clock } = router;
  const listeners: Listener[] = [];
  const people: Browser[] = [];
  const { heard, times, forget, listen, speak } = hearAll(clock, listeners);
  return {
    people,
    heard,
    times,
    forget,
    come: async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        const browser = await join(
          router,
          `p${people.length}x`,
          people.length === 0 ? 'host' : 'participant',
        );
        people.push(browser);
        listeners.push({ browser, engine });
        listen();
      }
    },
    /** Somebody who was let in by other ways. */
    add: (browser: Browser): void => {
      people.push(browser);
      listeners.push({ browser, engine });
    },
    speak: (tracks: readonly TrackId[], forMs: number, meanwhile?: (atMs: number) => void): Promise<void> =>
      speak(
        tracks.map((track) => ({ track, engine })),
        forMs,
        meanwhile,
      ),
  };
};

const voices = (browser: Browser): string[] => {
  const { 'consumer.added': added, 'consumer.removed': removed } = meetingContract.a.events;
  const gone = new Set(browser.events('consumer.removed').map((data) => removed.data.parse(data).consumerId));
  return browser
    .events('consumer.added')
    .map((data) => added.data.parse(data))
    .filter(({ consumer }) => !gone.has(consumer.consumerId))
    .map(({ participantId }) => (slotOf(participantId) === undefined ? 'person' : 'slot'));
};

test('above the limit each has the speaker slots and no stream for each other, however many come', async () => {
  const router = await makeRouter({}, 4);
  const { people, come } = await hall(router);
  await come(4);
  for (const one of people) await one.send('mic', true);
  await router.clock.advance(0);
  for (const one of people) expect(voices(one)).toEqual(['person', 'person', 'person']);
  await come(6);
  for (const one of people.slice(4)) await one.send('mic', true);
  await router.clock.advance(0);
  for (const one of people) expect(voices(one)).toEqual(['slot', 'slot', 'slot']);
});

test('while a meeting crosses the limit nobody hears a voice twice, and hardly any is lost', async () => {
  const router = await makeRouter({}, 4);
  const { people, come, speak, times, forget } = await hall(router);
  await come(4);
  const track = await people[0]?.send('mic');
  await router.clock.advance(0);
  if (!track) throw new Error('no track');
  await speak([track], 400);
  for (const one of people.slice(1)) expect(times(one.participantId, 1)).toBe(20);
  forget();
  let arriving: Promise<void> | undefined;
  await speak([track], 1_000, (atMs) => {
    if (atMs === 200) arriving = come(1);
  });
  await arriving;
  for (const one of people.slice(1, 4)) {
    expect(voices(one)).toEqual(['slot', 'slot', 'slot']);
    expect(times(one.participantId, 1)).toBeLessThanOrEqual(50 + 4);
    // 300 ms at most are not heard, and what a slot kept for the first syllable may come again once.
    expect(times(one.participantId, 1)).toBeGreaterThanOrEqual(35);
  }
  // Back again: the meeting shrinks, and after a while each hears each.
  for (const one of people.slice(2)) await one.peer.request('leave', {});
  await router.clock.advance(11_000);
  forget();
  await speak([track], 400);
  const [, left] = people;
  if (!left) throw new Error('nobody left');
  expect(times(left.participantId, 1)).toBe(20);
  expect(voices(left)).toEqual(['person']);
});

test('nobody hears the own voice; three voices at once are heard by all others', async () => {
  const router = await makeRouter({}, 4);
  const { people, come, speak, times, forget } = await hall(router);
  await come(6);
  const tracks: TrackId[] = [];
  for (const one of people.slice(0, 3)) tracks.push(await one.send('mic'));
  await router.clock.advance(0);
  await speak(tracks, 400);
  forget();
  await speak(tracks, 400);
  for (const [ear, one] of people.entries())
    for (const mouth of [0, 1, 2]) expect(times(one.participantId, mouth + 1)).toBe(ear === mouth ? 0 : 20);
});

test('who is muted, by themselves or by the host, or removed, or gone, is not heard from that moment', async () => {
  const router = await makeRouter({}, 4);
  const { people, come, speak, heard, forget } = await hall(router);
  await come(7);
  const [host, self, victim, leaver] = people;
  if (!host || !self || !victim || !leaver) throw new Error('nobody there');
  const own = await self.send('mic');
  const tracks = [own, await victim.send('mic'), await leaver.send('mic')];
  await router.clock.advance(0);
  await speak(tracks, 300);
  expect(new Set(heard.map(({ tag }) => tag))).toEqual(new Set([1, 2, 3]));
  await Promise.all([
    self.peer.request('media.mute', { trackId: own, muted: true }),
    host.peer.request('host.mute', { participantId: victim.participantId, source: 'mic' }),
    leaver.peer.request('leave', {}),
  ]);
  forget();
  await speak(tracks, 300);
  expect(heard).toEqual([]);
  await self.peer.request('media.mute', { trackId: own, muted: false });
  await router.clock.advance(0);
  await speak(tracks, 300);
  expect(new Set(heard.map(({ tag }) => tag))).toEqual(new Set([1]));
  await host.peer.request('host.remove', { participantId: self.participantId });
  forget();
  await speak(tracks, 300);
  expect(heard).toEqual([]);
});

test('people in the lobby neither hear nor are heard', async () => {
  const router = await makeRouter({ lobby: true }, 2);
  const { people, come, add, speak, heard } = await hall(router);
  await come(1);
  const waiting = new Browser(router, 'waiting');
  await waiting.hello(await router.seat('waiting', 'guest'));
  const guest = new Browser(router, 'guest');
  await guest.hello(await router.seat('guest', 'guest'));
  const [host] = people;
  if (!host) throw new Error('no host');
  const late = new Browser(router, 'late');
  await late.hello(await router.seat('late', 'guest'));
  for (const one of [guest, late]) {
    await host.peer.request('host.admit', { participantId: one.participantId });
    await router.clock.advance(0);
    await one.attach();
    add(one);
  }
  const track = await host.send('mic');
  await router.clock.advance(0);
  await speak([track], 300);
  expect(new Set(heard.map(({ by }) => by))).toEqual(new Set([guest.participantId, late.participantId]));
  expect(waiting.events('consumer.added')).toEqual([]);
});

test('after the death of the media worker the voices come back through slots', async () => {
  const router = await makeRouter({}, 4);
  const { people, come, speak, heard, forget } = await hall(router);
  await come(6);
  router.engine.killWorker(0);
  router.engine.killWorker(1);
  await router.clock.advance(1_000);
  for (const one of people) await one.attach();
  const [first] = people;
  if (!first) throw new Error('nobody there');
  const track = await first.send('mic');
  await router.clock.advance(0);
  await speak([track], 200);
  forget();
  await speak([track], 200);
  expect(heard).toHaveLength(5 * 10);
});

test('who unmutes while the slots are being opened is heard through them, though the engine has not answered yet', async () => {
  const clock = new FakeClock();
  const engine = createFakeEngine({ logger: silentLogger });
  const room = await engine.openRoom({ roomId: 'room' });
  const [participantId, trackId] = [prt('ann'), newTrack()];
  const transport = await room.createTransport({ participantId, direction: 'send' });
  const producer = await transport.produce({
    producerId: trackId,
    kind: 'audio',
    source: 'mic',
    rtpParameters: microphone(),
    paused: true,
  });
  const track = {
    trackId,
    participantId,
    source: 'mic',
    producer,
    demand: undefined,
    slot: undefined,
  } as const;
  const hearing = new Hearing({
    rules: hearingRules(1, 3),
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    tracks: () => [track],
    onMode: () => undefined,
    onHolder: () => undefined,
    inUse: () => false,
  });
  hearing.enter(room);
  hearing.peopleChanged(2);
  hearing.hear(track);
  await clock.advance(0);
  expect(hearing.mode).toBe('slots');
  expect(hearing.describe()).toMatchObject({ tapped: 1, candidates: 1 });
  hearing.close();
  await engine.close();
});

test('who unmutes or stops a microphone before the router has answered to it gets just that', async () => {
  const router = await makeRouter({}, 4);
  const one = await join(router, 'onex', 'host');
  await one.send('camera');
  const [mic, again] = [newTrack(), newTrack()];
  const shown = (): boolean[] | undefined =>
    one.view?.participants[0]?.tracks.filter(({ source }) => source === 'mic').map(({ muted }) => muted);
  await Promise.all([
    one.send('mic', true, mic),
    one.peer.request('media.mute', { trackId: mic, muted: false }),
  ]);
  await router.clock.advance(0);
  expect(shown()).toEqual([false]);
  await one.peer.request('media.stop', { trackId: mic });
  await Promise.all([one.send('mic', false, again), one.peer.request('media.stop', { trackId: again })]);
  await router.clock.advance(0);
  expect(shown()).toEqual([]);
  expect(router.engine.producer(again)).toBeUndefined();
});
