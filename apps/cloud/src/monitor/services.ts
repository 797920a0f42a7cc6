import { versionStanding, type AccountId, type MinimumVersion } from '@guildhall/domain';
import type {
  MonitoredService,
  MonitoredState,
  MonitoredWhy,
  Policy,
  RouterReport,
} from '@guildhall/protocol';
import { limitsIn } from '../limits.ts';
import type { StoredNode } from '../store/port.ts';
import type { LiveControllerFacts, LiveRouterFacts } from './live.ts';
import { measure } from './measures.ts';
import type { Monitor } from './port.ts';

const overloaded = {
  'worker-cpu': 'overload-cpu',
  'event-loop': 'overload-event-loop',
} as const satisfies Record<NonNullable<RouterReport['overload']>, MonitoredWhy>;
type StateAndWhy = Pick<MonitoredService, 'state' | 'why'>;
const is = (state: MonitoredState, why: MonitoredWhy | null = null): StateAndWhy => ({ state, why });

/** Every zctrl and mmr there should be, with its state and why it has it. Controllers first, by zone and name. */
export async function servicesOf(monitor: Monitor, accountId: AccountId): Promise<MonitoredService[]> {
  const nodes = await monitor.store.connectors.nodesOfAccount(accountId);
  const controllers = monitor.live.controllers(accountId);
  const routers = new Map(monitor.live.routers(accountId).map((one) => [one.status.nodeId, one]));
  const order = (one: StoredNode, other: StoredNode): number =>
    one.zoneId.localeCompare(other.zoneId) || one.name.localeCompare(other.name);
  const sorted = nodes.toSorted(order);
  const limits = new Map(
    (await monitor.store.zones.list(accountId)).map((zone) => [
      zone.id,
      limitsIn(zone.limits, monitor.limits),
    ]),
  );
  const { minimum } = await monitor.store.hosting.settings(accountId);
  const services = [
    ...sorted
      .filter(({ role }) => role === 'controller')
      .map((node) =>
        controllerView(
          monitor,
          node,
          controllers.find(({ nodeId }) => nodeId === node.id),
        ),
      ),
    ...sorted.map((node) =>
      routerView(limits.get(node.zoneId) ?? monitor.limits, node, routers.get(node.id), controllers),
    ),
  ];
  return services.map((service) => ({ ...service, ...standing(service, minimum, monitor.clock.now()) }));
}

/** A service that works, and is older than the account allows. */
function standing(
  { state, why, version }: MonitoredService,
  minimum: MinimumVersion | null,
  nowMs: number,
): StateAndWhy {
  if (state !== 'connected') return is(state, why);
  const verdict = versionStanding(version, minimum, nowMs);
  if (verdict === 'refused') return is('refused', 'version-refused');
  return is('connected', why ?? (verdict === 'warned' ? 'version-warned' : null));
}

function controllerView(
  monitor: Monitor,
  node: StoredNode,
  live: LiveControllerFacts | undefined,
): MonitoredService {
  return {
    nodeId: node.id,
    service: 'zctrl',
    name: node.name,
    zoneId: node.zoneId,
    ...controllerState(monitor, node, live),
    version: live?.version ?? node.version,
    addresses: [...(live?.urls ?? node.urls)],
    startedAtMs: live?.startedAtMs ?? null,
    lastSeenMs: live?.lastSeenMs ?? node.lastSeenMs,
    meetings: live?.meetings ?? 0,
    participants: live?.participants ?? 0,
    capacity: null,
    cpu: null,
    bitrateInBps: null,
    bitrateOutBps: null,
    mos: null,
    ...(live?.pair && { pair: live.pair }),
  };
}

function controllerState(
  monitor: Monitor,
  node: StoredNode,
  live: LiveControllerFacts | undefined,
): StateAndWhy {
  if (live) return is('connected');
  const refusal = monitor.live.refusal(node.id);
  if (refusal) return is('refused', refusal.code === 'protocol.version' ? 'protocol-version' : 'bad-proof');
  return node.lastSeenMs === null ? is('enrolled', 'never-connected') : is('unreachable', 'link-lost');
}

function routerView(
  limits: Policy['limits'],
  node: StoredNode,
  live: LiveRouterFacts | undefined,
  controllers: readonly LiveControllerFacts[],
): MonitoredService {
  const measures = live && measure([live]);
  return {
    nodeId: node.id,
    service: 'mmr',
    name: node.name,
    zoneId: node.zoneId,
    ...routerState(node, live, controllers),
    version: live?.status.version ?? node.version,
    addresses: [...(live?.quality?.addresses ?? [])],
    startedAtMs: live ? (live.quality?.startedAtMs ?? live.status.sinceMs) : null,
    // A controller VM was seen when its controller was: that says nothing of its router.
    lastSeenMs: live?.lastSeenMs ?? (node.role === 'mmr' ? node.lastSeenMs : null),
    meetings: measures?.meetings ?? 0,
    participants: measures?.participants ?? 0,
    capacity: { meetings: limits.meetingsPerRouter, participants: limits.participantsPerRouter },
    cpu: measures?.cpu ?? null,
    bitrateInBps: measures?.bitrateInBps ?? null,
    bitrateOutBps: measures?.bitrateOutBps ?? null,
    mos: measures?.mos ?? null,
    ...(live?.status.drainEndsAtMs !== undefined && { drainEndsAtMs: live.status.drainEndsAtMs }),
  };
}

function routerState(
  node: StoredNode,
  live: LiveRouterFacts | undefined,
  controllers: readonly LiveControllerFacts[],
): StateAndWhy {
  if (live) {
    const { state, overload } = live.status;
    if (state === 'draining') return is('draining', live.quality ? 'draining' : 'starting');
    if (state === 'unhealthy') return is('unhealthy', 'silent');
    if (state === 'unreachable') return is('unreachable', 'link-lost');
    return is('connected', overload ? overloaded[overload] : null);
  }
  if (node.lastSeenMs === null) return is('enrolled', 'never-connected');
  const hasController = controllers.some(({ zoneId }) => zoneId === node.zoneId);
  return is('unreachable', hasController ? 'link-lost' : 'no-controller');
}
