import type { ConnectorNode, ConnectorRouter } from '@guildhall/protocol';
import type { z } from 'zod';
import type { LiveController } from '../control/port.ts';
import type { StoredNode } from '../store/port.ts';

type NodeView = z.output<typeof ConnectorNode>;
type RouterView = z.output<typeof ConnectorRouter>;

/** A node as the portal shows it, by what was stored of it and what its links say now. */
export function nodeView(node: StoredNode, live: readonly LiveController[]): NodeView {
  const controller = live.find((one) => one.nodeId === node.id);
  const routers = routersOf(live).filter((router) => router.nodeId === node.id);
  const isConnected = controller !== undefined || routers.some((router) => router.state !== 'unreachable');
  const lastSeenMs = Math.max(
    node.lastSeenMs ?? 0,
    controller?.lastSeenMs ?? 0,
    ...routers.map((router) => router.lastSeenMs),
  );
  return {
    nodeId: node.id,
    name: node.name,
    role: node.role,
    version: node.version,
    state: isConnected ? 'connected' : lastSeenMs === 0 ? 'enrolled' : 'unreachable',
    urls: [...node.urls],
    lastSeenMs: lastSeenMs === 0 ? null : lastSeenMs,
    enrolledAtMs: node.enrolledAtMs,
    meetings: sum(routers.map((router) => router.meetings)),
    participants: sum(routers.map((router) => router.participants)),
  };
}

/** Both controllers of a pair report every router; the newest word counts. */
export function routersOf(live: readonly LiveController[]): RouterView[] {
  const byId = new Map<string, RouterView>();
  for (const controller of live.toSorted((a, b) => a.lastSeenMs - b.lastSeenMs)) {
    for (const { routerId, nodeId, version, state, load } of controller.routers) {
      const { meetings, participants, workerCpu } = load;
      const { lastSeenMs } = controller;
      byId.set(routerId, { routerId, nodeId, version, state, meetings, participants, workerCpu, lastSeenMs });
    }
  }
  return [...byId.values()];
}

/** Meetings that run in all zones. The controllers of one each know all of them, and the routers of each once. */
export const meetingsOf = (zones: readonly (readonly LiveController[])[]): number =>
  sum(zones.map((controllers) => Math.max(0, ...controllers.map(({ meetings }) => meetings))));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
