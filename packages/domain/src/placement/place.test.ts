import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RouterId } from '../ids.ts';
import { hasSeatFor, place, staleReportMs } from './place.ts';
import type { PlacementRouter } from './types.ts';

const limits = { participantsPerRouter: 200, meetingsPerRouter: 100 };
const nowMs = 1_900_000_000_000;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ids are checked at the border, which is not here
const routerId = (text: string): RouterId => text as RouterId;

const router = (id: string, facts: Partial<PlacementRouter> = {}): PlacementRouter => ({
  routerId: routerId(id),
  load: { participants: 0, meetings: 0, workerCpu: 0 },
  reportedAtMs: nowMs - 1_000,
  pending: { participants: 0, meetings: 0 },
  draining: false,
  unhealthy: false,
  ...facts,
});

const anyRouter: fc.Arbitrary<PlacementRouter> = fc.record({
  routerId: fc.stringMatching(/^rtr_[a-f]{10}$/u).map(routerId),
  load: fc.option(
    fc.record({
      participants: fc.nat({ max: 250 }),
      meetings: fc.nat({ max: 120 }),
      workerCpu: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  ),
  reportedAtMs: fc.option(fc.integer({ min: nowMs - 60_000, max: nowMs + 5_000 })),
  pending: fc.record({ participants: fc.nat({ max: 20 }), meetings: fc.nat({ max: 5 }) }),
  draining: fc.boolean(),
  unhealthy: fc.boolean(),
});
const anyRouters = fc.uniqueArray(anyRouter, { selector: (one) => one.routerId, maxLength: 12 });

describe('place', () => {
  test('never chooses a router that is full, draining, unhealthy, silent or has not reported', () => {
    fc.assert(
      fc.property(anyRouters, (routers) => {
        const { chosen } = place({ routers, limits, nowMs });
        if (chosen === null) return;
        const one = routers.find((candidate) => candidate.routerId === chosen);
        expect(one?.draining).toBe(false);
        expect(one?.unhealthy).toBe(false);
        expect(one?.load).not.toBeNull();
        expect((one?.load?.participants ?? 0) + (one?.pending.participants ?? 0)).toBeLessThan(200);
        expect((one?.load?.meetings ?? 0) + (one?.pending.meetings ?? 0)).toBeLessThan(100);
        expect(nowMs - (one?.reportedAtMs ?? 0)).toBeLessThanOrEqual(staleReportMs);
      }),
    );
  });

  test('chooses whenever some router may be chosen, and the least loaded of those', () => {
    fc.assert(
      fc.property(anyRouters, (routers) => {
        const { chosen, candidates } = place({ routers, limits, nowMs });
        const usable = candidates.filter((candidate) => candidate.verdict === 'ok');
        expect(chosen === null).toBe(usable.length === 0);
        const score = candidates.find((candidate) => candidate.routerId === chosen)?.score ?? 0;
        for (const candidate of usable) expect(candidate.score).toBeGreaterThanOrEqual(score);
      }),
    );
  });

  test('a router that measures too much load is not chosen, and the answer says why', () => {
    const busy = router('rtr_a', { overload: 'event-loop' });
    const answer = place({ routers: [busy], limits, nowMs });
    expect(answer).toMatchObject({ chosen: null, why: { code: 'none-usable', counts: { busy: 1 } } });
    expect(answer.candidates[0]?.reasons).toEqual([{ code: 'overload', cause: 'event-loop' }]);
    expect(place({ routers: [busy, router('rtr_b')], limits, nowMs }).chosen).toBe('rtr_b');
  });

  test('answers the same whatever the order of the routers', () => {
    fc.assert(
      fc.property(anyRouters, (routers) => {
        const straight = place({ routers, limits, nowMs });
        expect(place({ routers: routers.toReversed(), limits, nowMs })).toEqual(straight);
        expect(straight.candidates).toHaveLength(routers.length);
      }),
    );
  });

  test('says why: the only one, the least loaded, nobody there, nobody usable', () => {
    expect(place({ routers: [], limits, nowMs }).why).toEqual({ code: 'no-router' });
    expect(place({ routers: [router('rtr_a')], limits, nowMs }).why).toEqual({ code: 'only-one', score: 0 });
    const busy = router('rtr_a', { load: { participants: 100, meetings: 1, workerCpu: 0.2 } });
    expect(place({ routers: [busy, router('rtr_b')], limits, nowMs })).toMatchObject({
      chosen: 'rtr_b',
      why: { code: 'least-loaded', score: 0, nextScore: 0.5, of: 2 },
    });
    const full = router('rtr_a', { load: { participants: 200, meetings: 1, workerCpu: 0 } });
    const fresh = router('rtr_b', { load: null, reportedAtMs: null });
    const answer = place({ routers: [full, fresh], limits, nowMs });
    expect(answer.why).toMatchObject({ code: 'none-usable', counts: { full: 1, draining: 1, ok: 0 } });
    expect(answer.candidates.map((candidate) => candidate.reasons)).toEqual([
      [{ code: 'participants', used: 200, limit: 200 }],
      [{ code: 'never-reported' }],
    ]);
  });

  test('counts what was placed since the last report, so that a burst spreads', () => {
    const chosen: (RouterId | null)[] = [];
    const routers = [router('rtr_a'), router('rtr_b')];
    for (let meeting = 0; meeting < 10; meeting++) {
      const id = place({ routers, limits, nowMs }).chosen;
      chosen.push(id);
      const index = routers.findIndex((one) => one.routerId === id);
      const one = routers[index];
      if (!one) continue;
      const { participants, meetings } = one.pending;
      routers[index] = { ...one, pending: { participants: participants + 1, meetings: meetings + 1 } };
    }
    expect(chosen.filter((id) => id === 'rtr_a')).toHaveLength(5);
  });
});

test('a person joins a running meeting while its router has a seat, also when it drains', () => {
  const load = { participants: 199, meetings: 1, workerCpu: 1 };
  expect(hasSeatFor(router('rtr_a', { load, draining: true }), limits)).toBe(true);
  expect(hasSeatFor(router('rtr_a', { load, pending: { participants: 1, meetings: 0 } }), limits)).toBe(
    false,
  );
});
