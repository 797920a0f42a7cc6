import type { ParticipantId, TrackId } from '@guildhall/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeCascade, type CascadeRouter } from './cascade-harness.ts';
import { Browser, meetingId, prt } from './harness.ts';

// Wanted against actual, between routers: whatever people do and whatever breaks meanwhile, once it is quiet each stream
// crosses each link exactly when somebody behind it wants it, once, and whoever wants one has it.

const names = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay'] as const;
const who = fc.nat({ max: names.length - 1 });
const sub = fc.nat({ max: 1 });
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      who,
      source: fc.constantFrom('mic', 'camera'),
      muted: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('stop' as const), who }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mute' as const), who, muted: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('watch' as const), who, whom: fc.array(who, { maxLength: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 50, 600, 3_000, 6_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('cut' as const),
      sub,
      ms: fc.constantFrom(0, 1_000, 5_000, 12_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), router: fc.nat({ max: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('hop' as const),
      who: fc.integer({ min: 1, max: names.length - 1 }),
      router: fc.nat({ max: 2 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Person {
  readonly name: string;
  readonly participantId: ParticipantId;
  router: CascadeRouter;
  browser: Browser;
  watched: ReadonlySet<ParticipantId>;
  isIn: boolean;
}

const ignore = (): void => undefined;

const play = async (steps: readonly Step[], delaysMs: readonly number[]): Promise<void> => {
  let messages = 0;
  let isQuiet = true;
  const delayMs = (): number => (isQuiet ? 0 : (delaysMs[messages++ % delaysMs.length] ?? 0));
  const cascade = await makeCascade(3, { lobby: true }, delayMs);
  const { top, subs, list, settle, until, clock } = cascade;

  const tell = async (person: Person): Promise<void> => {
    const { browser, watched } = person;
    await browser.attach();
    const tiles = Array.from(watched, (participantId) => ({
      participantId,
      source: 'camera' as const,
      widthPx: 320,
      heightPx: 180,
    }));
    await browser.peer.request('media.want', { tiles });
  };
  /** As a page does: it dials, sets up its media, and says again what it shows. */
  const comeIn = async (person: Person, router: CascadeRouter): Promise<void> => {
    const browser = new Browser(router, person.name);
    Object.assign(person, { router, browser, isIn: false });
    browser.peer.on('media.reset', () => void tell(person).catch(ignore));
    browser.peer.on('lobby.admitted', () => void tell(person).catch(ignore));
    const answer = await browser.hello(
      await router.seat(person.name, person.name === 'ann' ? 'host' : 'participant'),
    );
    if (answer.state === 'joined') await tell(person);
    person.isIn = true;
  };

  const people: Person[] = [];
  for (const [index, name] of names.entries()) {
    const router = list[index % list.length] ?? top;
    const person = { name, participantId: prt(name), router, watched: new Set<ParticipantId>() };
    const made: Person = { ...person, browser: new Browser(router, name), isIn: false };
    made.browser.peer.close();
    people.push(made);
    await until(comeIn(made, router));
    await settle();
  }
  const host = people[0];
  if (!host) throw new Error('a host');
  await until(host.browser.peer.request('host.admitAll', {}));
  await settle();
  // One is in the lobby all along, one was removed: neither ever gets anything.
  const [one, two] = subs;
  if (!one || !two) throw new Error('two sub routers');
  const waiting = new Browser(one, 'lob');
  expect((await until(waiting.hello(await one.seat('lob', 'guest')))).state).toBe('lobby');
  const removed = new Browser(two, 'rem');
  await until(removed.hello(await two.seat('rem', 'guest')));
  await until(host.browser.peer.request('host.admit', { participantId: prt('rem') }));
  await settle();
  await until(removed.attach());
  await until(host.browser.peer.request('host.remove', { participantId: prt('rem') }));
  await settle();
  for (const person of people.slice(0, 4)) {
    person.watched = new Set(names.map((name) => prt(name)));
    await until(tell(person));
    await until(person.browser.send('mic'));
    await until(person.browser.send('camera'));
  }
  await settle(100);
  isQuiet = false;

  const rooms = () => list.map((router) => ({ router, room: router.engine.room(meetingId) }));
  const nothingTwice = (): void => {
    for (const { room } of rooms()) {
      for (const pipe of room?.pipes ?? []) {
        const sent = Array.from(pipe.senders, ({ producerId }) => producerId);
        expect(sent.length).toBe(new Set(sent).size);
      }
      const present = Array.from(room?.transports ?? [], ({ participantId }) => participantId);
      expect(present).not.toContain(prt('lob'));
      expect(present).not.toContain(prt('rem'));
    }
  };
  const tracksOf = ({
    participantId,
  }: Person): readonly { trackId: TrackId; source: string; muted: boolean }[] =>
    host.browser.view?.participants.find((person) => person.participantId === participantId)?.tracks ?? [];

  const take = async (one: Step): Promise<void> => {
    if (one.kind === 'wait') return settle(one.ms);
    if (one.kind === 'die') return list[one.router]?.engine.killWorker(0);
    if (one.kind === 'cut') {
      const router = subs[one.sub];
      if (!router?.reachable) return;
      router.reachable = false;
      router.links.at(-1)?.close(1006, 'cut');
      clock.setTimeout(() => {
        router.reachable = true;
      }, one.ms);
      return;
    }
    const person = people[one.who];
    if (!person?.isIn) return;
    const { browser } = person;
    if (one.kind === 'send') {
      browser.send(one.source === 'mic' ? 'mic' : 'camera', one.muted).catch(ignore);
    } else if (one.kind === 'watch') {
      person.watched = new Set(one.whom.map((index) => prt(names[index] ?? 'ann')));
      tell(person).catch(ignore);
    } else if (one.kind === 'hop') {
      let isDone = false;
      comeIn(person, list[one.router] ?? top)
        .catch(ignore)
        .finally(() => {
          isDone = true;
        });
      // Seats are checked outside of the clock.
      for (let turns = 0; !isDone && turns < 70; turns += 1) await settle(100);
    } else {
      const [track] = tracksOf(person);
      if (!track) return;
      const { trackId } = track;
      if (one.kind === 'stop') browser.peer.request('media.stop', { trackId }).catch(ignore);
      else browser.peer.request('media.mute', { trackId, muted: one.muted }).catch(ignore);
    }
  };

  for (const one of steps) {
    await take(one);
    await settle();
    nothingTwice();
  }
  // Everything is mended, and whoever lost the link dials again.
  await settle(15_000);
  isQuiet = true;
  await settle(1_000);
  for (const person of people) {
    if (person.isIn && !person.browser.closed) continue;
    await until(comeIn(person, person.router.branches.find(meetingId) ? person.router : top));
  }
  await settle(40_000);
  nothingTwice();

  const isWanted = (
    router: CascadeRouter,
    sender: Person,
    track: { source: string; muted: boolean },
  ): number =>
    people.filter(
      (person) =>
        person !== sender &&
        person.router === router &&
        (track.source === 'camera' ? person.watched.has(sender.participantId) : !track.muted),
    ).length;
  const expected = { out: new Map<CascadeRouter, string[]>(), in: new Map<CascadeRouter, string[]>() };
  for (const router of subs) {
    expected.out.set(router, []);
    expected.in.set(router, []);
  }
  const mine = new Map<CascadeRouter, string[]>(list.map((router) => [router, []]));
  for (const sender of people) {
    for (const track of tracksOf(sender)) {
      mine.get(sender.router)?.push(track.trackId);
      for (const router of list) {
        const wanting = isWanted(router, sender, track);
        if (router !== top && router !== sender.router && wanting > 0)
          expected.in.get(router)?.push(track.trackId);
        if (track.source === 'camera' || !track.muted) {
          expect(
            router.engine.producer(track.trackId)?.consumers.size ?? 0,
            `${track.trackId} of ${sender.name}`,
          ).toBe(wanting);
        }
      }
      if (list.some((router) => router !== sender.router && isWanted(router, sender, track) > 0)) {
        expected.out.get(sender.router)?.push(track.trackId);
      }
    }
  }
  const sorted = (ids: Iterable<string>): string => Array.from(ids).toSorted().join(' ');
  const actual = (router: CascadeRouter, of: 'senders' | 'received'): string[] =>
    Array.from(router.engine.room(meetingId)?.pipes ?? [], (pipe) =>
      of === 'senders'
        ? sorted(Array.from(pipe.senders, ({ producerId }) => producerId))
        : sorted(Array.from(pipe.received, ({ id }) => id)),
    ).toSorted();
  const wanted = (of: 'in' | 'out'): string[] => Array.from(expected[of].values(), sorted);
  const open = subs.filter((router) => router.branches.find(meetingId));
  for (const router of open) {
    expect(actual(router, 'senders')).toEqual([sorted(expected.out.get(router) ?? [])]);
    expect(actual(router, 'received')).toEqual([sorted(expected.in.get(router) ?? [])]);
  }
  // The pipe to a branch that closed for want of people stays for as long as a lost link would.
  const used = (pipes: readonly string[]): string[] => pipes.filter((ids) => ids !== '').toSorted();
  expect(used(actual(top, 'senders'))).toEqual(used(wanted('in')));
  expect(used(actual(top, 'received'))).toEqual(used(wanted('out')));
  expect(top.engine.room(meetingId)?.pipes.size).toBeLessThanOrEqual(subs.length);
  for (const { router, room } of rooms()) {
    const local = Array.from(room?.producers.values() ?? []).filter(
      (producer) => !Array.from(room?.pipes ?? []).some(({ received }) => received.has(producer)),
    );
    expect(sorted(local.map(({ id }) => id))).toBe(sorted(mine.get(router) ?? []));
    const present = new Set(Array.from(room?.transports ?? [], ({ participantId }) => participantId));
    expect(sorted(present)).toBe(
      sorted(people.filter((person) => person.router === router).map((person) => person.participantId)),
    );
  }
  expect(waiting.events('consumer.added')).toEqual([]);
  for (const { branches, engine } of list) {
    branches.close();
    await engine.close();
  }
};

test('whatever is wanted, sent, cut or killed in whatever order: in the end each wanted stream is there, once, and no other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 16 }),
      fc.array(fc.constantFrom(0, 0, 1, 40, 300), { minLength: 1, maxLength: 7 }),
      async (steps, delaysMs) => {
        await expect(play(steps, delaysMs)).resolves.toBeUndefined();
      },
    ),
    {
      numRuns: 12,
      examples: [
        // Found by seed 2001684910: behind the other branch, a voice was never asked for again.
        [
          [
            { kind: 'cut', sub: 0, ms: 0 },
            { kind: 'hop', who: 2, router: 0 },
          ],
          [0],
        ],
      ],
    },
  );
}, 120_000);
