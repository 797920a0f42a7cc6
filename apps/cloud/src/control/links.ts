import type { NodeId, ZoneId } from '@guildhall/domain';
import { SerialQueue, type Clock, type Logger, type Timer } from '@guildhall/kit';
import { controlContract, type RouterReport } from '@guildhall/protocol';
import { encodeEvent, type Peer } from '@guildhall/rpc';
import { closing, closingForRestart } from '../close-codes.ts';
import type { Bus, ControllerName } from '../bus/port.ts';
import type { Store, StoredNode } from '../store/port.ts';
import type { Policies } from './policy.ts';
import type { LiveController, LiveControllers } from './port.ts';

/** How often the store is told that a controller is still there. */
const seenEveryMs = 20_000;

export type ControlPeer = Peer<typeof controlContract, 'a'>;

interface Link {
  readonly node: StoredNode;
  readonly peer: ControlPeer;
  readonly urls: readonly string[];
  routers: readonly RouterReport[];
  meetings: number;
  participants: number;
  lastSeenMs: number;
}

/** What a controller says of itself when it registers. */
export interface RegisteredFacts {
  readonly urls: readonly string[];
  readonly version: string;
  readonly startedAtMs: number;
}

export interface ControlLinksOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly policies: Policies;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The open links of zone controllers, by node. What comes over the bus goes down them. */
export class ControlLinks implements LiveControllers {
  readonly #options: ControlLinksOptions;
  readonly #links = new Map<NodeId, Link>();
  /** Policies leave in the order they were made: a zone must not fall back to an older one. */
  readonly #pushes = new SerialQueue({ name: 'the policies of the zones' });
  readonly #stops: (() => void)[];
  readonly #seenTimer: Timer;

  constructor(options: ControlLinksOptions) {
    this.#options = options;
    const { bus, clock } = options;
    this.#stops = [
      bus.subscribe('policy.changed', ({ zoneId }) => this.#pushPolicy(zoneId)),
      bus.subscribe('node.moved', ({ nodeId }) => {
        this.#links.get(nodeId)?.peer.close(closingForRestart, 'the node belongs to another zone now');
      }),
      bus.subscribe('router.drain', ({ zoneId, ...order }) => {
        for (const link of this.#ofZone(zoneId)) {
          link.peer.request('router.drain', order).catch((error: unknown) => {
            options.logger.warn({ err: error, nodeId: order.nodeId }, 'a router could not be drained');
          });
        }
      }),
      bus.subscribe('meeting.updated', ({ zoneId, update }) => {
        for (const { peer } of this.#ofZone(zoneId)) peer.emit('meeting.updated', update);
      }),
      bus.subscribe('meeting.end', ({ zoneId, meetingId, reason }) => {
        for (const link of this.#ofZone(zoneId)) {
          link.peer.request('meeting.end', { meetingId, reason }).catch((error: unknown) => {
            options.logger.warn(
              { err: error, meetingId, nodeId: link.node.id },
              'a meeting could not be ended',
            );
          });
        }
      }),
    ];
    this.#seenTimer = clock.setInterval(() => this.#tellSeen(), seenEveryMs);
  }

  ofZone(zoneId: ZoneId): readonly LiveController[] {
    return this.#ofZone(zoneId).map(({ node, urls, routers, meetings, participants, lastSeenMs }) => ({
      nodeId: node.id,
      zoneId,
      urls,
      routers,
      meetings,
      participants,
      lastSeenMs,
    }));
  }

  get size(): number {
    return this.#links.size;
  }

  /** The newest link of a node wins; the one before is closed. */
  add(node: StoredNode, peer: ControlPeer, facts: RegisteredFacts): void {
    const { bus, clock, logger } = this.#options;
    const { urls } = facts;
    const before = this.#links.get(node.id);
    const lastSeenMs = clock.now();
    const link: Link = { node, peer, urls, routers: [], meetings: 0, participants: 0, lastSeenMs };
    this.#links.set(node.id, link);
    if (before && before.peer !== peer) before.peer.close(closing.replaced, 'replaced by a newer link');
    logger.info({ nodeId: node.id, urls }, 'a zone controller is connected');
    const who = nameOf(node);
    const { version, startedAtMs } = facts;
    bus.publish('controller.connected', { ...who, version, urls, startedAtMs });
    void peer.closed.then(({ code }) => this.#gone(link, code));
    peer.on('status.reported', ({ routers, meetings, participants, pair }) => {
      Object.assign(link, { routers, meetings, participants, lastSeenMs: clock.now() });
      bus.publish('controller.status', { ...who, routers, meetings, participants, pair });
    });
    peer.on('certificate.reported', ({ expiresAtMs }) => {
      bus.publish('controller.certificate', { ...who, expiresAtMs });
    });
    peer.on('placement.decided', (placement) => bus.publish('meeting.placed', { ...who, placement }));
    peer.on('quality.reported', ({ nodeId: routerNodeId, report }) => {
      bus.publish('router.quality', { ...who, routerNodeId, report });
    });
  }

  /** Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#seenTimer.cancel();
  }

  #ofZone(zoneId: ZoneId): Link[] {
    return [...this.#links.values()].filter((link) => link.node.zoneId === zoneId);
  }

  #gone(link: Link, code: number): void {
    const { logger, clock } = this.#options;
    if (this.#links.get(link.node.id) !== link) return;
    this.#links.delete(link.node.id);
    this.#options.bus.publish('controller.gone', nameOf(link.node));
    logger.info({ nodeId: link.node.id, code }, 'a zone controller is gone');
    this.#remember(link.node.id, clock.now());
  }

  #tellSeen(): void {
    // The heartbeat closes dead links, so one that is open was alive a moment ago.
    for (const { node } of this.#links.values()) this.#remember(node.id, this.#options.clock.now());
  }

  #remember(nodeId: NodeId, nowMs: number): void {
    const { store, logger } = this.#options;
    store.connectors.seen(nodeId, nowMs).catch((error: unknown) => {
      logger.sampled('seen', 60_000).warn({ err: error }, 'when a controller was seen could not be stored');
    });
  }

  #pushPolicy(zoneId: ZoneId): void {
    const { policies, logger } = this.#options;
    const push = async (): Promise<void> => {
      const links = this.#ofZone(zoneId);
      const [first] = links;
      if (!first) return;
      const policy = await policies.of({ id: zoneId, accountId: first.node.accountId });
      if (!policy) return;
      const event = encodeEvent(controlContract, 'a', 'policy.changed', { policy });
      for (const { peer } of links) peer.emitEncoded(event);
    };
    this.#pushes.run(push).catch((error: unknown) => {
      // A controller that misses it gets the newest at its next register.
      logger.warn({ err: error, zoneId }, 'a policy could not be sent');
    });
  }
}

export const nameOf = ({ accountId, zoneId, id: nodeId, name }: StoredNode): ControllerName => ({
  accountId,
  zoneId,
  nodeId,
  name,
});
