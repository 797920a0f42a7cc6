import type { RouterId } from '@guildhall/domain';
import { NodeIdSchema, PlacementTold, RouterIdSchema } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { createTestZone, linkRouter, specOf } from '../testing.ts';
import { toldOf } from './told.ts';

const limits = { participantsPerRouter: 200, meetingsPerRouter: 100 };

test('what decided is told by nodes, the chosen one first; a router that is gone is left out', async () => {
  const zone = await createTestZone();
  const [one, two] = [await linkRouter(zone), await linkRouter(zone)];
  const nodeOf = (routerId: RouterId) => zone.registry.get(routerId)?.nodeId;
  const { router } = await zone.directory.locate(specOf(), { isReturn: false });
  const other = router.routerId === one.routerId ? two : one;
  const [decision] = zone.directory.decisions;
  if (!decision) throw new Error('nothing was decided');
  const told = PlacementTold.parse(toldOf(decision, nodeOf));
  expect(told).toMatchObject({
    why: 'least-loaded',
    routers: [
      { nodeId: nodeOf(router.routerId), verdict: 'chosen', score: 0 },
      { nodeId: other.nodeId, verdict: 'ok', score: 0 },
    ],
  });
  expect(toldOf(decision, (id) => (id === other.routerId ? undefined : nodeOf(id)))?.routers).toHaveLength(1);
  expect(toldOf(decision, () => undefined)).toBeUndefined();
});

test('each verdict is told by its name, also of routers that were not compared', () => {
  const ids = Array.from({ length: 6 }, (_, index) => RouterIdSchema.parse(`rtr_000000000${index}`));
  const [chosen, full, fresh, old, left, unknown] = ids;
  if (!chosen || !full || !fresh || !old || !left || !unknown) throw new Error('six ids');
  const nodeOf = (id: RouterId) =>
    id === unknown ? undefined : NodeIdSchema.parse(id.replace('rtr_', 'nod_'));
  const reasons = [{ code: 'participants', used: 200, limit: limits.participantsPerRouter }] as const;
  const told = toldOf(
    {
      ...specOf(),
      atMs: 5,
      chosen,
      why: { code: 'has-branch' },
      candidates: [
        { routerId: full, score: 1, verdict: 'full', reasons },
        { routerId: chosen, score: 1, verdict: 'full', reasons },
        { routerId: fresh, score: null, verdict: 'draining', reasons: [{ code: 'never-reported' }] },
        { routerId: unknown, score: 0, verdict: 'ok', reasons: [] },
      ],
      passedOver: [
        { routerId: old, why: 'outdated' },
        { routerId: left, why: 'left-out' },
      ],
    },
    nodeOf,
  );
  expect(told?.routers.map(({ verdict, score }) => [verdict, score])).toEqual([
    ['chosen', 1],
    ['full', 1],
    ['starting', null],
    ['outdated', null],
    ['left-out', null],
  ]);
});
