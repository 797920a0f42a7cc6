import { afterEach, describe, expect, test } from 'vitest';
import { makeCascade } from './cascade-harness.ts';
import { Browser, codeOf, join, makeRouter, meetingId, type Entrance } from './harness.ts';

// While a meeting stands still for a move, browsers lose patience and dial again: what the links of before have left in
// the queue of the meeting must not harm the newest one.

interface House {
  /** Where those whose links come and go are linked. */
  readonly entrance: Entrance;
  /** Where the meeting is decided. */
  readonly top: Entrance;
  readonly standStill: () => void;
  readonly goOn: () => Promise<unknown>;
  close(): Promise<void>;
}

let house: House | undefined;
afterEach(() => house?.close());

const atTheOwner = async (): Promise<House> => {
  const router = await makeRouter();
  return {
    entrance: router,
    top: router,
    standStill: () => void router.meetings.handover(meetingId),
    goOn: () => router.meetings.open({ meeting: router.spec(), epoch: 2, checkpoint: null }),
    close: () => router.engine.close(),
  };
};

const behindABranch = async (): Promise<House> => {
  const { top, subs, spec, list } = await makeCascade(2);
  const [one] = subs;
  if (!one) throw new Error('a sub router');
  return {
    entrance: one,
    top,
    standStill: () => void top.meetings.handover(meetingId),
    goOn: () => top.meetings.open({ meeting: spec, epoch: 2, checkpoint: null }),
    close: async () => {
      for (const { branches, engine } of list) {
        branches.close();
        await engine.close();
      }
    },
  };
};

describe.each([
  ['at the router that owns the meeting', atTheOwner],
  ['behind a branch', behindABranch],
])('%s', (_name, open) => {
  const start = async () => {
    house = await open();
    const { entrance, top, standStill, goOn } = house;
    const settle = async (ms = 0): Promise<void> => {
      for (let turns = 0; turns < 20; turns += 1) {
        await top.clock.advance(0);
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (ms === 0) return;
      await top.clock.advance(ms);
      await settle();
    };
    const ann = await join(top, 'ann', 'host');
    const bob = await join(entrance, 'bob');
    await settle();
    const { sessionId } = bob.joined;
    const seat = await entrance.seat('bob', 'participant');
    /** A later link of the same page; its hello is on the way. */
    const dialAgain = async (resumes = true): Promise<{ link: Browser; outcome: Promise<string> }> => {
      const link = new Browser(entrance, 'bob');
      link.adopt(bob.view, bob.rev);
      const outcome = codeOf(link.hello(seat, resumes ? { sessionId, rev: bob.rev } : undefined));
      await settle();
      return { link, outcome };
    };
    const expectOnly = async (link: Browser): Promise<void> => {
      for (const ms of [0, 100, 40_000]) {
        await settle(ms);
        expect(link.closed).toBeUndefined();
        expect(ann.view?.participants.map(({ name, presence }) => `${name} ${presence}`)).toEqual([
          'ann connected',
          'bob connected',
        ]);
      }
      expect(await codeOf(link.peer.request('hand.set', { raised: true }))).toBe('ok');
    };
    return { ann, bob, settle, standStill, goOn, dialAgain, expectOnly };
  };

  test.each([[true], [false]])(
    'the hello of a link that is gone does not harm the next one (resumes: %s)',
    async (resumes) => {
      const { bob, settle, standStill, goOn, dialAgain, expectOnly } = await start();
      bob.peer.close();
      await settle();
      standStill();
      await settle();
      const stale = await dialAgain(resumes);
      stale.link.peer.close();
      await settle();
      const newest = await dialAgain(resumes);
      await goOn();
      await settle();
      expect(await newest.outcome).toBe('ok');
      await expectOnly(newest.link);
    },
  );

  test.each([[true], [false]])('nor when it comes to its turn after it (resumes: %s)', async (resumes) => {
    const { bob, settle, standStill, goOn, dialAgain, expectOnly } = await start();
    bob.peer.close();
    await settle();
    standStill();
    await settle();
    const newest = await dialAgain(resumes);
    const stale = await dialAgain(resumes);
    stale.link.peer.close();
    await goOn();
    await settle();
    expect(await newest.outcome).toBe('ok');
    expect(await stale.outcome).toBe('link.closed');
    await expectOnly(newest.link);
  });

  test.each([[true], [false]])(
    'a link that breaks while the next one waits is not missed (resumes: %s)',
    async (resumes) => {
      const { bob, settle, standStill, goOn, dialAgain, expectOnly } = await start();
      standStill();
      await settle();
      const newest = await dialAgain(resumes);
      bob.peer.close();
      await settle();
      await goOn();
      await settle();
      expect(await newest.outcome).toBe('ok');
      await expectOnly(newest.link);
    },
  );

  test('whoever does not dial again is away, and gone after the grace', async () => {
    const { ann, bob, settle, standStill, goOn, dialAgain } = await start();
    standStill();
    await settle();
    const stale = await dialAgain();
    bob.peer.close();
    stale.link.peer.close();
    await settle();
    await goOn();
    await settle(100);
    expect(ann.view?.participants.map(({ presence }) => presence)).toEqual(['connected', 'reconnecting']);
    await settle(40_000);
    expect(ann.names()).toEqual(['ann']);
  });
});
