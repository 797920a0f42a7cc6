import type { Store } from '@guildhall/cloud/store';
import { RouterIdSchema, newIdText } from '@guildhall/protocol';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAccount, addMeeting, addNode, addUser, newId, nowMs, storeOn } from './fixtures.ts';

describe.each(['sqlite', 'postgres'] as const)(
  'a pair of controllers and the cloud store on %s',
  (engine) => {
    let store: Store;
    let close: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      ({ store, close } = await storeOn(engine));
    });
    afterAll(() => close?.());

    const scene = async () => {
      const accountId = await addAccount(store);
      const userId = await addUser(store, accountId);
      const meetingId = await addMeeting(store, { accountId, userId });
      const [{ nodeId: one, zoneId }, { nodeId: two }] = [
        await addNode(store, accountId),
        await addNode(store, accountId),
      ];
      return { accountId, meetingId, zoneId, one, two };
    };
    const placeOf = (epoch: number) => ({
      routerId: RouterIdSchema.parse(newIdText('router', randomBytes)),
      signallingUrls: ['wss://router.example/v1/meeting'],
      epoch,
    });

    test('of two who ask at once one may open the meeting, the other is told where; until the claim runs out', async () => {
      const { accountId, meetingId, one, two } = await scene();
      const asks = [one, two].map((nodeId, at) => ({
        nodeId,
        accountId,
        meetingId,
        place: placeOf(5_000 + at),
      }));
      const answers = (await Promise.all(asks.map((ask) => store.claims.claim([ask], nowMs)))).flat();
      expect(answers.map((answer) => String(answer?.kind)).toSorted()).toEqual(['granted', 'held']);
      const [first, second] = answers[0]?.kind === 'granted' ? asks : asks.toReversed();
      if (!first || !second) throw new Error('two asked');
      expect(answers).toContainEqual({ kind: 'held', place: first.place });
      // Renewed it holds on, and then the other one gets a higher epoch.
      expect(await store.claims.claim([first], nowMs + 9_000)).toEqual([
        { kind: 'granted', epoch: first.place.epoch },
      ]);
      expect((await store.claims.claim([second], nowMs + 15_000))[0]?.kind).toBe('held');
      const [later] = await store.claims.claim([{ ...second, place: placeOf(1) }], nowMs + 20_000);
      expect(later).toMatchObject({ kind: 'granted' });
      expect(later?.kind === 'granted' && later.epoch).toBeGreaterThan(first.place.epoch);
    });

    test('while both see the meeting at one router, who loses sight of it may not open it elsewhere', async () => {
      const { accountId, meetingId, one, two } = await scene();
      const [there, elsewhere] = [placeOf(5_000), placeOf(5_001)];
      const claim = (nodeId: typeof one, place: typeof there, afterMs: number) =>
        store.claims.claim([{ nodeId, accountId, meetingId, place }], nowMs + afterMs);
      const held = [{ kind: 'held', place: there }];
      // In whichever order they came, and whichever of them renewed last.
      expect(await claim(one, there, 0)).toMatchObject([{ kind: 'granted' }]);
      expect(await claim(two, there, 10)).toEqual(held);
      expect(await claim(one, there, 4_000)).toEqual(held);
      expect(await claim(two, there, 4_010)).toEqual(held);
      expect(await claim(two, elsewhere, 5_000)).toEqual(held);
      expect(await claim(two, elsewhere, 6_000)).toEqual(held);
      // The other one has lost sight of it too: nobody is left who sees it.
      expect(await claim(one, elsewhere, 7_000)).toMatchObject([{ kind: 'granted' }]);
      expect(await claim(two, there, 8_000)).toMatchObject([
        { kind: 'held', place: { routerId: elsewhere.routerId } },
      ]);
    });

    test('is no witness for a meeting of another account', async () => {
      const [mine, foreign] = [await scene(), await scene()];
      const { accountId, one: nodeId } = mine;
      const ask = { nodeId, accountId, meetingId: foreign.meetingId, place: placeOf(7) };
      expect(await store.claims.claim([ask, { ...ask, meetingId: newId.meeting() }], nowMs)).toEqual([
        undefined,
        undefined,
      ]);
    });

    test('what the other controller tells hours later is of the run that is over, and begins none', async () => {
      const { accountId, meetingId, zoneId, one, two } = await scene();
      const participantId = newId.participant();
      const [late, unheard] = [newId.participant(), newId.participant()];
      const joined = (id: typeof participantId, atMs: number) =>
        ({
          kind: 'participant.joined',
          meetingId,
          atMs,
          participantId: id,
          name: 'Zoë',
          role: 'guest',
        }) as const;
      const started = { kind: 'meeting.started', meetingId, atMs: nowMs } as const;
      const ended = { kind: 'meeting.ended', meetingId, atMs: nowMs + 100, reason: 'ended-by-host' } as const;
      const numbered = <E>(events: readonly E[]) => events.map((event, at) => ({ seq: at + 1, event }));
      const tell = (nodeId: typeof one, events: Parameters<typeof store.history.store>[0]['events']) =>
        store.history.store({ nodeId, zoneId, accountId, epoch: 'epoch-1', events });
      await tell(one, numbered([started, joined(participantId, nowMs + 1), ended]));
      const again = { ...started, atMs: nowMs + 1_000 };
      await tell(one, [{ seq: 4, event: again }]);
      const told = numbered([started, joined(participantId, nowMs + 1), joined(unheard, nowMs + 2), ended]);
      expect(await tell(two, told)).toMatchObject({ started: [], ended: [] });
      const runs = await store.history.runs(meetingId, 10);
      expect(runs.map(({ startedAtMs, endedAtMs }) => [startedAtMs, endedAtMs])).toEqual([
        [nowMs + 1_000, null],
        [nowMs, nowMs + 100],
      ]);
      const was = await store.history.participants(runs[1]?.id ?? '');
      expect(new Map(was.map((one) => [one.participantId, one.leftAtMs]))).toEqual(
        new Map([participantId, unheard].map((id) => [id, nowMs + 100])),
      );
      await tell(one, [{ seq: 5, event: joined(late, nowMs + 1_001) }]);
      expect(await store.history.participants(runs[0]?.id ?? '')).toHaveLength(1);
    });
  },
);
