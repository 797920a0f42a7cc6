import type { MeetingCheckpoint, ParticipantId } from '@guildhall/domain';
import { GuildhallError } from '@guildhall/rpc';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Browser, codeOf, join, makeRouter, meetingId, prt, type TestRouter } from './harness.ts';

/** The store of a zone as both routers know it: epochs only grow, and what an older owner stores is refused. */
const makeZone = async () => {
  const [from, to] = await Promise.all([makeRouter(), makeRouter()]);
  const store = { epoch: 1, checkpoint: null as MeetingCheckpoint | null };
  for (const { controller } of [from, to]) {
    controller.onCheckpoint = ({ epoch, checkpoint }) => {
      if (epoch < store.epoch) throw new GuildhallError('zone.stale-epoch', 'Another router has it.');
      Object.assign(store, { epoch, checkpoint });
    };
  }
  const advance = async (ms: number): Promise<void> => {
    for (const { clock } of [from, to]) await clock.advance(ms);
  };
  // The harness opens it on both.
  to.meetings.end(meetingId, 'moved');
  await advance(0);
  const zonePeer = ({ controller }: TestRouter) => {
    if (!controller.peer) throw new Error('no controller');
    return controller.peer;
  };
  const handover = () => zonePeer(from).request('meeting.handover', { meetingId });
  type Answer = Awaited<ReturnType<typeof handover>>;
  return {
    from,
    to,
    store,
    advance,
    handover,
    /** What a controller does with the answer, before it tells anybody. */
    open: async ({ checkpoint, live }: Answer): Promise<number> => {
      Object.assign(store, { epoch: store.epoch + 1, checkpoint });
      const { epoch } = store;
      await zonePeer(to).request('meeting.open', { meeting: from.spec(), epoch, checkpoint, live });
      return epoch;
    },
    tellMoved: (epoch: number) => zonePeer(from).request('meeting.moved', { meetingId, epoch }),
    giveBack: async (): Promise<void> => {
      store.epoch += 1;
      const order = { meeting: from.spec(), epoch: store.epoch, checkpoint: store.checkpoint };
      await zonePeer(from).request('meeting.open', order);
    },
  };
};

describe('a meeting moves to another router', () => {
  test('with its roster as it was; the router of before forwards until everybody has left', async () => {
    const { from, to, advance, handover, open, tellMoved } = await makeZone();
    const ann = await join(from, 'ann', 'host');
    const bob = await join(from, 'bob');
    const mic = await bob.send('mic', true);
    await bob.peer.request('hand.set', { raised: true });
    await advance(0);
    const answer = await handover();
    const early = codeOf(ann.peer.request('host.lock', { locked: true }));
    await tellMoved(await open(answer));
    await advance(0);
    // Neither done nor lost: the browser asks again on the next link.
    expect(await early).toBe('link.closed');
    expect([ann, bob].map((one) => one.events('meeting.moving').length)).toEqual([1, 1]);
    expect(from.engine.producer(mic)?.closed).toBe(false);
    expect(from.meetings.reports()).toEqual([]);

    const ann2 = await join(to, 'ann', 'host');
    expect(ann2.view?.participants).toEqual(ann.view?.participants);
    await ann2.peer.request('host.lock', { locked: true });
    const bob2 = await join(to, 'bob');
    expect(bob2.view?.participants[1]).toMatchObject({ presence: 'connected', tracks: [{ muted: true }] });

    await ann.peer.request('move.done', {});
    await advance(0);
    expect(bob.closed).toBeUndefined();
    await bob.peer.request('move.done', {});
    await advance(0);
    expect([ann.closed?.code, bob.closed?.code]).toEqual([4503, 4503]);
    expect(from.engine.producer(mic)?.closed).not.toBe(false);
  });

  test('with what was changed in the portal; a change that comes while it stands still is for the next router', async () => {
    const { from, to, advance, handover, open, tellMoved } = await makeZone();
    await join(from, 'ann', 'host');
    const update = { meetingId, atMs: 5, topic: 'Monthly', settings: { lobby: true } };
    await from.controller.peer?.request('meeting.update', update);
    const answer = await handover();
    const late = { meetingId, atMs: 6, settings: { chat: false } };
    const early = codeOf(from.meetings.update(late));
    await tellMoved(await open(answer));
    await advance(0);
    expect(await early).toBe('link.closed');
    expect(await to.controller.peer?.request('meeting.update', late)).toEqual({ isOpen: true });
    const ann = await join(to, 'ann', 'host');
    expect(ann.view).toMatchObject({ topic: 'Monthly', settings: { lobby: true, chat: false } });
  });

  test('and whoever does not know of moves is sent after fifteen seconds', async () => {
    const { from, advance, handover, open, tellMoved } = await makeZone();
    const ann = await join(from, 'ann', 'host');
    await tellMoved(await open(await handover()));
    await advance(15_000);
    expect(ann.events('meeting.ended')).toEqual([{ reason: 'moved' }]);
    expect(ann.closed?.code).toBe(4503);
  });

  test('and who does not come there is shown as away, without what they sent', async () => {
    const { from, to, advance, handover, open, tellMoved } = await makeZone();
    await join(from, 'ann', 'host');
    const bob = await join(from, 'bob');
    await bob.send('mic');
    await advance(0);
    await tellMoved(await open(await handover()));
    const ann2 = await join(to, 'ann', 'host');
    expect(ann2.view?.participants[1]).toMatchObject({ presence: 'connected', tracks: [{}] });
    await advance(8_000);
    expect(ann2.view?.participants[1]).toMatchObject({ presence: 'reconnecting', tracks: [] });
  });

  test('unless no router takes it: then it goes on, with what was asked meanwhile', async () => {
    const { from, advance, handover, giveBack } = await makeZone();
    const ann = await join(from, 'ann', 'host');
    await handover();
    const early = codeOf(ann.peer.request('host.lock', { locked: true }));
    await giveBack();
    await advance(0);
    expect(await early).toBe('ok');
    expect(ann.view?.locked).toBe(true);
  });

  test('or the controller says nothing more: its disk tells who has the meeting', async () => {
    const kept = await makeZone();
    const ann = await join(kept.from, 'ann', 'host');
    await kept.handover();
    const waits = codeOf(ann.peer.request('host.lock', { locked: true }));
    await kept.advance(3_100);
    expect(await waits).toBe('ok');

    const gone = await makeZone();
    const bob = await join(gone.from, 'bob', 'host');
    await gone.open(await gone.handover());
    await gone.advance(3_100);
    expect(bob.events('meeting.moving')).toHaveLength(1);
  });

  test('muted on the next router before its owner came: it stays muted', async () => {
    const { from, to, advance, handover, open, tellMoved } = await makeZone();
    await join(from, 'ann', 'host');
    const bob = await join(from, 'bob');
    const mic = await bob.send('mic');
    await advance(0);
    await tellMoved(await open(await handover()));
    const ann2 = await join(to, 'ann', 'host');
    await ann2.peer.request('host.mute', { participantId: bob.participantId, source: 'mic' });
    const bob2 = await join(to, 'bob');
    await bob2.send('mic', false, mic);
    await advance(0);
    expect(to.engine.producer(mic)?.paused).toBe(true);
    expect(bob2.view?.participants[1]?.tracks).toMatchObject([{ trackId: mic, muted: true }]);
  });
});

const crowd: readonly ParticipantId[] = Array.from({ length: 6 }, (_, index) => prt(`p${index}`));
const step = fc.oneof(
  fc.record({ kind: fc.constant('remove' as const), who: fc.nat({ max: crowd.length - 1 }) }),
  fc.record({ kind: fc.constantFrom('handover', 'open', 'tell', 'back', 'forget', 'die') }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 100, 3_100, 6_000) }),
);

test('whatever happens in whatever order: one router has it in the end, and nothing acknowledged is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const zone = await makeZone();
      const { from, to, store } = zone;
      const ann = await join(from, 'ann', 'host');
      for (const index of crowd.keys()) await join(from, `p${index}`);
      const acknowledged = new Set<ParticipantId>();
      let links: Browser[] = [ann];
      let answer: Awaited<ReturnType<typeof zone.handover>> | undefined;
      let opened: number | undefined;
      let isDead = false;
      const remove = (participantId: ParticipantId): void => {
        const link = links.at(-1);
        void link?.peer.request('host.remove', { participantId }).then(
          () => acknowledged.add(participantId),
          () => undefined,
        );
      };
      // A second question waits behind the first one's outcome; a controller does not wait for it.
      const ask = async (): Promise<void> => {
        const answered = (given: typeof answer): void => {
          answer = given;
        };
        void zone.handover().then(answered, () => undefined);
        await zone.advance(0);
      };
      for (const one of steps) {
        if (one.kind === 'remove') remove(crowd[one.who] ?? prt('p0'));
        else if (one.kind === 'wait') await zone.advance(one.ms);
        else if (one.kind === 'handover' && !isDead && opened === undefined) await ask();
        else if (one.kind === 'open' && answer && opened === undefined && !isDead) {
          // What is on the disk is as new or newer: the router may have gone on by itself meanwhile.
          opened = await zone.open({ ...answer, checkpoint: store.checkpoint ?? answer.checkpoint });
          const again = new Browser(to, 'ann');
          await again.hello(await to.seat('ann', 'host')).catch(() => undefined);
          links = [ann, again];
        } else if (one.kind === 'tell' && opened !== undefined && !isDead) await zone.tellMoved(opened);
        else if (one.kind === 'back' && answer && opened === undefined && !isDead) {
          await zone.giveBack();
          answer = undefined;
        } else if (one.kind === 'forget') answer = undefined;
        else if (one.kind === 'die' && !isDead) {
          isDead = true;
          from.controller.peer?.close();
          from.controller.up = false;
        }
      }
      await zone.advance(10_000);
      // A router that went on by itself before a slow controller opened the meeting elsewhere hears of that when it
      // stores something, and acknowledges nothing of it.
      const mayHaveIt = opened === undefined || isDead;
      const late = mayHaveIt ? 'not asked' : codeOf(ann.peer.request('host.lock', { locked: true }));
      await zone.advance(10_000);
      expect(await late).not.toBe('ok');
      // Who owns it in the end: the newest epoch on the disk. What it stored last holds everything acknowledged.
      const removed = new Set(store.checkpoint?.removed.map(({ participantId }) => participantId));
      expect([...acknowledged].filter((who) => !removed.has(who))).toEqual([]);
      expect(mayHaveIt || from.meetings.reports().length === 0).toBe(true);
    }),
    {
      numRuns: 25,
      examples: [
        [[{ kind: 'handover' }, { kind: 'wait', ms: 3_100 }, { kind: 'open' }, { kind: 'wait', ms: 0 }]],
      ],
    },
  );
}, 60_000);
