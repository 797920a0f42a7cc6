import { answerClaim, grantLeaseMs, promiseMs, type Claim, type MeetingId } from '@guildhall/domain';
import { FakeClock, silentLogger } from '@guildhall/kit';
import type { OpenPlace } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { checkpointOf, createTestZone, linkRouter, newMeetingId, specOf, type TestZone } from '../testing.ts';
import { bringUpToDate } from './catch-up.ts';
import { PauseWatch } from './pause-watch.ts';
import type { PeerPort, WitnessPort } from './types.ts';

const asker = { isReturn: false };
const settleMs = 3_000;

/** Two controllers, each with a router that only it sees, and the cloud as their witness. All but the links is real. */
const makePair = async () => {
  const clock = new FakeClock();
  const zones: TestZone[] = [];
  const claims = new Map<MeetingId, Claim<OpenPlace>>();
  const watchers = new Set<() => void>();
  const link = { isUp: true, isCloudThere: true };
  const portsOf = (self: number): { peer: PeerPort; witness: WitnessPort } => ({
    peer: {
      reserve: async (ask) => {
        const [me, other] = [zones[self], zones[1 - self]];
        if (!me || !other || !link.isUp) return { kind: 'silent' };
        const { meetingId, epoch, steps } = ask;
        await clock.sleep(1);
        return other.reservations.answer(meetingId, { from: me.identity.nodeId, epoch, steps });
      },
      get isAlone() {
        return !link.isUp;
      },
      onChange: (watcher) => {
        watchers.add(watcher);
        return () => watchers.delete(watcher);
      },
    },
    witness: {
      claim: async (all) =>
        all.map(({ meetingId, place }) => {
          const me = zones[self];
          if (!me || !link.isCloudThere) return { kind: 'silent' };
          const ask = { from: me.identity.nodeId, place };
          const { answer, next } = answerClaim(claims.get(meetingId) ?? null, ask, clock.monotonicMs());
          claims.set(meetingId, next);
          return answer;
        }),
    },
  });
  for (const self of [0, 1]) zones.push(await createTestZone({ clock, pair: portsOf(self) }));
  const [one, two] = zones;
  if (!one || !two) throw new Error('there are two');
  await clock.advance(settleMs);
  const routers = [await linkRouter(one), await linkRouter(two)];
  return {
    clock,
    one,
    two,
    link,
    cut: (): void => {
      link.isUp = false;
      for (const watcher of watchers) watcher();
    },
    /** Time passes, and then the routers say how they are. */
    reported: async (ms: number): Promise<void> => {
      await clock.advance(ms);
      for (const router of routers) router.report();
      await clock.advance(0);
    },
    /** How often a router was told to open something. */
    opens: () => routers.reduce((sum, { opens }) => sum + opens, 0),
  };
};

/** Lets time pass until it is done. */
const soon = async <T>(clock: FakeClock, promise: Promise<T>): Promise<T> => {
  let isDone = false;
  const done = promise.finally(() => {
    isDone = true;
  });
  while (!isDone) await clock.advance(10);
  return done;
};

test('asked at once, the two controllers open a meeting once, and both know where', async () => {
  const { clock, one, two, opens } = await makePair();
  const meeting = specOf();
  const asked = [one, two].map((zone) => zone.directory.locate(meeting, asker));
  const [first, second] = await soon(clock, Promise.all(asked));
  expect(first?.router.routerId).toBe(second?.router.routerId);
  expect(first?.epoch).toBe(second?.epoch);
  expect(opens()).toBe(1);
});

test('apart, the witness says where it is, for as long as it is open there', async () => {
  const { clock, one, two, cut, opens, reported } = await makePair();
  const [before, after] = [specOf(), specOf()];
  const opened = await soon(clock, one.directory.locate(before, asker));
  cut();
  const another = await soon(clock, one.directory.locate(after, asker));
  // Much longer than a claim holds by itself.
  for (let count = 0; count < 6; count++) await reported(10_000);
  expect((await soon(clock, two.directory.locate(before, asker))).router.routerId).toBe(
    opened.router.routerId,
  );
  expect((await soon(clock, two.directory.locate(after, asker))).router.routerId).toBe(
    another.router.routerId,
  );
  expect(opens()).toBe(2);
});

test('with nobody to ask it is opened all the same', async () => {
  const { clock, one, two, cut, link, opens } = await makePair();
  cut();
  link.isCloudThere = false;
  const meeting = specOf();
  await soon(clock, one.directory.locate(meeting, asker));
  await soon(clock, two.directory.locate(meeting, asker));
  expect(opens()).toBe(2);
});

test('what was granted to the other one is left alone until it cannot be used any more, and survives a restart', async () => {
  const { clock, one, two, cut, opens } = await makePair();
  const meeting = specOf();
  const ask = { from: two.identity.nodeId, epoch: 40_000, steps: 1 };
  const answer = one.reservations.answer(meeting.meetingId, ask);
  if (answer.kind !== 'granted') throw new Error('nobody has it');
  expect(answer.epoch).toBeGreaterThan(40_000);
  expect(one.store.epochOf(meeting.meetingId)).toBe(answer.epoch);
  cut();
  const located = one.directory.locate(meeting, asker);
  await clock.advance(promiseMs - 60);
  expect(opens()).toBe(0);
  const { epoch } = await soon(clock, located);
  expect(opens()).toBe(1);
  expect(epoch).toBeGreaterThan(answer.epoch);
});

test('a grant that was not used in time is no grant', async () => {
  const { clock, one } = await makePair();
  const router = { routerId: (await linkRouter(one)).routerId, signallingUrls: [] };
  const reserve = () =>
    soon(
      clock,
      one.reservations.reserve({ meetingId: newMeetingId(), router, steps: 1, untilMs: clock.monotonicMs() }),
    );
  const [quick, late] = [await reserve(), await reserve()];
  if (quick.kind !== 'granted' || late.kind !== 'granted') throw new Error('nobody has it');
  expect(late.use()).toBe(true);
  late.done();
  await clock.advance(grantLeaseMs + 1);
  expect(quick.use()).toBe(false);
});

test('the other controller is told of ends before anything that is open', async () => {
  const zone = await createTestZone();
  const [over, open] = [specOf(), specOf()];
  const atMs = zone.clock.now();
  for (const spec of [over, open]) {
    const put = zone.store.putCheckpoint({
      meetingId: spec.meetingId,
      epoch: 5,
      rev: 3,
      checkpoint: checkpointOf(spec),
    });
    await soon(zone.clock, put);
  }
  zone.store.endMeeting({ meetingId: over.meetingId, epoch: 5, reason: 'ended-by-host', atMs });
  const told: unknown[] = [];
  await bringUpToDate(
    {
      meetingEnded: async ({ meetingId }) => void told.push(['over', meetingId]),
      putCheckpoint: async ({ meetingId, epoch, rev }) => void told.push(['open', meetingId, epoch, rev]),
    },
    zone.store,
    zone.clock,
  );
  expect(told).toEqual([
    ['over', over.meetingId],
    ['open', open.meetingId, 5, 3],
  ]);
});

test('a process that stood still notices it by either clock, and one that is only busy does not', async () => {
  class Frozen extends FakeClock {
    wallMs = 0;
    machineMs = 0;

    override now(): number {
      return super.now() + this.wallMs;
    }

    override monotonicMs(): number {
      return super.monotonicMs() + this.machineMs;
    }
  }
  const clock = new Frozen();
  let pauses = 0;
  const watch = new PauseWatch({ clock, logger: silentLogger, onPause: () => void (pauses += 1) });
  await clock.advance(10_000);
  clock.machineMs += 900;
  await clock.advance(250);
  expect(pauses).toBe(0);
  clock.machineMs += 1_100;
  await clock.advance(250);
  clock.wallMs += 1_100;
  await clock.advance(10_000);
  expect(pauses).toBe(2);
  watch.close();
});
