import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { makeCascade, type CascadeRouter } from './cascade-harness.ts';
import { Browser, join, meetingId, prt } from './harness.ts';
import { hearAll, packetMs, type Listener, type Microphone } from './sound.ts';

// Voices of a large meeting on three routers, with packets: what crosses the links, and what is heard at the other end.

type Cascade = Awaited<ReturnType<typeof makeCascade>>;
const open: Cascade[] = [];

afterEach(async () => {
  for (const { list } of open.splice(0)) {
    for (const { branches, engine } of list) {
      branches.close();
      await engine.close();
    }
  }
});

/** At most this many voices cross a link in a direction: twice the speaker slots of a router. */
const mostVoices = 8;
/** What is heard before slots that were opened just now count, and a second more. */
const settleMs = 2_000;

interface Person extends Listener, Microphone {
  readonly name: string;
}

/** A meeting with so many open microphones, spread over three routers, and the network between them. */
const crowd = async (count: number) => {
  const cascade = await makeCascade(3);
  open.push(cascade);
  const { list, top, subs, clock, settle } = cascade;
  const people: Person[] = [];
  for (let index = 0; index < count; index += 1) {
    const router = list[index % list.length] ?? top;
    const name = `p${index}x`;
    const browser = await join(router, name, index === 0 ? 'host' : 'participant');
    people.push({ name, browser, engine: router.engine, track: await browser.send('mic') });
  }
  await settle(settleMs);
  /** The two ends of the pipe of each sub router: from it, and to it. */
  const pipes = () =>
    subs.flatMap((sub, index) => {
      const [up] = sub.engine.room(meetingId)?.pipes ?? [];
      const down = Array.from(top.engine.room(meetingId)?.pipes ?? [])[index];
      if (!up || !down) throw new Error('a pipe to each sub router');
      return [
        { name: `from sub ${index + 1}`, pipe: up, to: top.engine },
        { name: `to sub ${index + 1}`, pipe: down, to: sub.engine },
      ];
    });
  const crossed = new Map<string, number>();
  const carried = new WeakSet();
  const carry = (): void => {
    for (const { name, pipe, to } of pipes()) {
      for (const sender of pipe.senders) {
        if (carried.has(sender)) continue;
        carried.add(sender);
        sender.onPacket((packet) => {
          crossed.set(name, (crossed.get(name) ?? 0) + 1);
          to.producer(sender.producerId)?.push(packet);
        });
      }
    }
  };
  const { heard, times, forget, speak: sound } = hearAll(clock, people);
  const speak = (who: readonly Person[], forMs: number): Promise<void> => sound(who, forMs, carry);
  /** Voices that may cross now, for each link and direction. */
  const flowing = (): string[][] =>
    pipes().map(({ pipe }) =>
      Array.from(pipe.senders)
        .filter(({ paused }) => !paused)
        .map(({ producerId }) => producerId),
    );
  const packets = (): number[] => pipes().map(({ name }) => crossed.get(name) ?? 0);
  /** On the routers one after another: person 0 at the top, 1 and 2 at the subs, 3 at the top again. */
  const person = (index: number): Person => {
    const one = people[index];
    if (!one) throw new Error(`there is no person ${index}`);
    return one;
  };
  return { ...cascade, people, person, speak, heard, times, forget, flowing, packets, crossed };
};

test('what crosses a link does not depend on the number of open microphones', async () => {
  const speakMs = 1_000;
  const most = (mostVoices * speakMs) / packetMs;
  const counts: number[][] = [];
  for (const size of [30, 60]) {
    const { people, speak, packets, crossed, flowing } = await crowd(size);
    // Everybody sounds, all the time.
    await speak(people, settleMs);
    crossed.clear();
    await speak(people, speakMs);
    counts.push(packets());
    for (const voices of flowing()) expect(voices.length).toBeLessThanOrEqual(mostVoices);
  }
  expect(counts).toEqual([
    [most, most, most, most],
    [most, most, most, most],
  ]);
});

test('nothing crosses for those who are silent, and a new voice is heard behind the other branch from its third packet', async () => {
  const { person, people, speak, packets, times, forget, crossed } = await crowd(30);
  // The places are somebody's: those who spoke last.
  for (let index = 3; index < 15; index += 1) await speak([person(index)], 200);
  await speak([], settleMs);
  forget();
  crossed.clear();
  const newcomer = person(1);
  await speak([newcomer], 400);
  const sent = 400 / packetMs;
  // A packet is on its way while the link is told: one to the owner, one more to the other branch.
  expect(packets()).toEqual([sent - 1, 0, 0, sent - 2]);
  const heardBy = people.filter(({ browser }) => browser !== newcomer.browser);
  for (const [index, { browser }] of heardBy.entries()) {
    const lost = index % 3 === 1 ? 2 : 1;
    expect(times(browser.participantId, 1)).toBeGreaterThanOrEqual(sent - lost);
  }
  // Who answers somebody crosses still: nothing of it is lost.
  await speak([person(4)], 200);
  await speak([newcomer], 200);
  crossed.clear();
  await speak([person(4)], 200);
  expect(packets()).toEqual([200 / packetMs, 0, 0, 200 / packetMs]);
});

test('who is muted or removed crosses no link from that moment, and comes back when unmuted', async () => {
  const { person, speak, packets, heard, forget, crossed, settle, flowing } = await crowd(15);
  const [host, self, victim, removed] = [person(0), person(1), person(2), person(4)];
  const all = [self, victim, removed];
  await speak(all, 400);
  expect(packets().every((count) => count > 0)).toBe(true);
  await self.browser.peer.request('media.mute', { trackId: self.track, muted: true });
  for (const one of [
    host.browser.peer.request('host.mute', { participantId: prt(victim.name), source: 'mic' }),
    host.browser.peer.request('host.remove', { participantId: prt(removed.name) }),
  ])
    await one;
  await settle();
  forget();
  crossed.clear();
  for (const voices of flowing()) for (const { track } of all) expect(voices).not.toContain(track);
  await speak(all, 400);
  expect([heard, packets()]).toEqual([[], [0, 0, 0, 0]]);
  await self.browser.peer.request('media.mute', { trackId: self.track, muted: false });
  await settle();
  await speak([self], 400);
  expect(packets()).toEqual([400 / packetMs - 1, 0, 0, 400 / packetMs - 2]);
});

test('who waits in the lobby of a branch, and who was refused, never gets to a link', async () => {
  const cascade = await makeCascade(3, { lobby: true });
  open.push(cascade);
  const [one] = cascade.subs;
  if (!one) throw new Error('a sub router');
  const host = await join(cascade.top, 'host', 'host');
  await host.send('mic');
  const waiting = new Browser(one, 'waiting');
  expect((await waiting.hello(await one.seat('waiting', 'guest'))).state).toBe('lobby');
  await cascade.settle(settleMs);
  const links = (router: CascadeRouter): number =>
    Array.from(router.engine.room(meetingId)?.pipes ?? []).reduce(
      (sum, { senders }) => sum + senders.size,
      0,
    );
  expect([links(cascade.top), links(one)]).toEqual([0, 0]);
});

test('a meeting that becomes small again is heard by each from each: every voice crosses', async () => {
  const { people, speak, flowing, settle, packets, crossed } = await crowd(15);
  await speak(people, settleMs);
  for (const { browser } of people.slice(6)) await browser.peer.request('leave', {});
  await settle(12_000);
  const left = people.slice(0, 6);
  crossed.clear();
  await speak(left, 200);
  const each = 200 / packetMs;
  // Two people at each router: theirs go up, those of the other two come down.
  expect(packets()).toEqual([2 * each, 4 * each, 2 * each, 4 * each]);
  expect(flowing().map((voices) => voices.length)).toEqual([2, 4, 2, 4]);
});

test('whatever people do: never more voices on a link than it has places, and none of somebody muted or gone', async () => {
  const who = fc.nat({ max: 29 });
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('speak' as const),
        who: fc.uniqueArray(who, { maxLength: 12 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('mute' as const), who, muted: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('leave' as const), who: fc.integer({ min: 14, max: 29 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(100, 1_500, 6_000) }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const { person, speak, flowing, settle, heard, forget } = await crowd(30);
      const silent = new Set<number>();
      const leaked: number[] = [];
      for (const one of steps) {
        forget();
        if (one.kind === 'speak') {
          await speak(one.who.map(person), 300);
          for (const { tag } of heard) if (silent.has(one.who[tag - 1] ?? -1)) leaked.push(tag);
        } else if (one.kind === 'wait') await settle(one.ms);
        else {
          const { browser, track } = person(one.who);
          const isGone = browser.closed !== undefined;
          if (one.kind === 'leave') {
            if (!isGone) await browser.peer.request('leave', {});
            silent.add(one.who);
          } else if (!isGone) {
            await browser.peer.request('media.mute', { trackId: track, muted: one.muted });
            if (one.muted) silent.add(one.who);
            else silent.delete(one.who);
          }
          await settle();
        }
        for (const voices of flowing()) {
          expect(voices.length).toBeLessThanOrEqual(mostVoices);
          for (const index of silent) expect(voices).not.toContain(person(index).track);
        }
      }
      expect(leaked).toEqual([]);
    }),
    { numRuns: 8 },
  );
});
