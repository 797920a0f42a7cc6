import type { AccountId, MeetingId, NodeId, ZoneId } from '@guildhall/domain';
import type { LivePlacement, PlacementTold } from '@guildhall/protocol';
import type { Bus, BusTopics } from '../bus/port.ts';
import type { StoredNode } from '../store/port.ts';

/** Controllers tell the newest fifty anew when they connect; what is older than this many is explained no more. */
const maxKept = 5_000;

/** Why meetings are on the routers they are on, by the word of the controllers. Soft state. */
export class Placements {
  /** By account, meeting and the router that was chosen; the oldest first. */
  readonly #kept = new Map<string, PlacementTold>();
  readonly #stop: () => void;

  constructor(bus: Bus) {
    this.#stop = bus.subscribe('meeting.placed', (told) => this.#placed(told));
  }

  /** Why the meeting is on the router of this node. */
  of(accountId: AccountId, meetingId: MeetingId, nodeId: NodeId): PlacementTold | undefined {
    return this.#kept.get(keyOf(accountId, meetingId, nodeId));
  }

  /** Idempotent. */
  close(): void {
    this.#stop();
  }

  #placed({ accountId, placement }: BusTopics['meeting.placed']): void {
    const chosen = placement.routers.find(({ verdict }) => verdict === 'chosen');
    if (!chosen) return;
    const key = keyOf(accountId, placement.meetingId, chosen.nodeId);
    // Both controllers of a pair remember what they decided; the newest word counts.
    if ((this.#kept.get(key)?.atMs ?? 0) > placement.atMs) return;
    this.#kept.delete(key);
    this.#kept.set(key, placement);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept) break;
      this.#kept.delete(oldest);
    }
  }
}

const keyOf = (...ids: readonly [AccountId, MeetingId, NodeId]): string => ids.join(' ');

/** In the words of the account: names of nodes, and the routers of other zones, which the controller does not know. */
export function placementView(
  { atMs, why, routers }: PlacementTold,
  zoneId: ZoneId,
  nodes: ReadonlyMap<NodeId, StoredNode>,
): LivePlacement {
  const compared = new Set(routers.map(({ nodeId }) => nodeId));
  const elsewhere = Array.from(nodes.values(), (node) => node)
    .filter((node) => node.zoneId !== zoneId && !compared.has(node.id))
    .map(({ id, name }) => ({ nodeId: id, name, verdict: 'other-zone' as const, score: null }));
  const found = routers.flatMap((one) => {
    const name = nodes.get(one.nodeId)?.name;
    return name === undefined ? [] : [{ ...one, name }];
  });
  return { atMs, why, routers: [...found, ...elsewhere] };
}
