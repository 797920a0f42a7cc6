import type { NodeId, PlacementCandidate, RouterId } from '@guildhall/domain';
import type { PlacementTold } from '@guildhall/protocol';
import type { Decision } from './meeting-opener.ts';

type Finding = PlacementTold['routers'][number];

/** More than a zone has; the worst are not told. */
const maxTold = 500;

/**
 * A decision as the cloud is told of it, by nodes: a router has another id after each start, a node keeps its own.
 * Undefined when the router that was chosen is gone, for then it explains nothing any more.
 */
export function toldOf(
  { meetingId, atMs, why, chosen, candidates, passedOver = [] }: Decision,
  nodeOf: (routerId: RouterId) => NodeId | undefined,
): PlacementTold | undefined {
  if (chosen === null || nodeOf(chosen) === undefined) return undefined;
  if (why.code === 'no-router' || why.code === 'none-usable') return undefined;
  const finding = (routerId: RouterId, verdict: Finding['verdict'], score: number | null): Finding[] => {
    const nodeId = nodeOf(routerId);
    return nodeId === undefined ? [] : [{ nodeId, verdict, score }];
  };
  const routers = [
    ...candidates.flatMap((one) =>
      finding(one.routerId, one.routerId === chosen ? 'chosen' : verdictOf(one), one.score),
    ),
    ...passedOver.flatMap(({ routerId, why: verdict }) => finding(routerId, verdict, null)),
  ];
  // A branch that takes the meeting over is not the best by score.
  routers.sort((a, b) => Number(b.verdict === 'chosen') - Number(a.verdict === 'chosen'));
  return { meetingId, atMs, why: why.code, routers: routers.slice(0, maxTold) };
}

const verdictOf = ({ verdict, reasons }: PlacementCandidate): Finding['verdict'] =>
  reasons.some(({ code }) => code === 'never-reported') ? 'starting' : verdict;
