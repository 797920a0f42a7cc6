import { createHash } from 'node:crypto';
import {
  Connector,
  ConnectorTokenAnswer,
  ErrorEnvelope,
  SetConnectorModeRequest,
  type ConnectorNode,
  type ConnectorRouter,
} from '@guildhall/protocol';
import type { Random } from '@guildhall/kit';
import type { z } from 'zod';
import type { LiveController } from '../control/port.ts';
import { refuse } from '../refuse.ts';
import type { StoredNode, StoredUser } from '../store/port.ts';
import { audit } from './audit.ts';
import type { App, WebServices } from './types.ts';

const TOKEN_BYTES = 24;

/** The account's connector: switched on, its token, its mode and its nodes. Owners and administrators. */
export function addConnectorRoutes(
  app: App,
  services: WebServices & { readonly random: Pick<Random, 'bytes'> },
): void {
  const { store, callers, bus, random } = services;
  const tags = ['Connector'];
  const description = 'Owners and administrators.';

  const policyChanged = async (user: StoredUser): Promise<void> => {
    for (const zone of await store.connectors.zones(user.accountId)) {
      bus.publish('policy.changed', { zoneId: zone.id });
    }
  };
  const view = async ({ accountId }: StoredUser): Promise<Connector> => {
    const account = await store.accounts.get(accountId);
    if (!account) throw refuse('auth.required');
    const zones = await store.connectors.zones(accountId);
    const nodes = await store.connectors.nodesOfAccount(accountId);
    const live = zones.flatMap((zone) => services.controllers.ofZone(zone.id));
    return {
      enabled: account.connectorEnabled,
      mode: account.connectorMode,
      hasToken: account.hasConnectorToken,
      zones: zones.map(({ id, name }) => ({ zoneId: id, name })),
      nodes: nodes.map((node) => nodeView(node, live)),
      routers: routersOf(live),
    };
  };

  app.get(
    '/api/v1/connector',
    {
      schema: {
        tags,
        summary: 'The connector and its nodes',
        description,
        response: { 200: Connector, default: ErrorEnvelope },
      },
    },
    async (request) => view(await callers.administrator(request)),
  );

  app.post(
    '/api/v1/connector/enable',
    {
      schema: {
        tags,
        summary: 'Enable the connector',
        description,
        response: { 200: Connector, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      await store.accounts.enableConnector(caller.accountId);
      await audit(services, caller, 'connector.enabled', caller.accountId);
      return view(caller);
    },
  );

  app.post(
    '/api/v1/connector/token',
    {
      schema: {
        tags,
        summary: 'Make a new connector token',
        description: `${description} The one before is good no more; nodes enrolled with it stay.`,
        response: { 200: ConnectorTokenAnswer, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      const account = await store.accounts.get(caller.accountId);
      if (!account?.connectorEnabled) throw refuse('connector.not-enabled');
      const token = `ght_${Buffer.from(random.bytes(TOKEN_BYTES)).toString('hex')}`;
      await store.accounts.setConnectorToken(caller.accountId, hashConnectorToken(token));
      await audit(services, caller, 'connector.token-made', caller.accountId);
      return { token };
    },
  );

  app.put(
    '/api/v1/connector/mode',
    {
      schema: {
        tags,
        summary: 'Test or production mode',
        description: `${description} In test mode only meetings of owners and administrators may be joined.`,
        body: SetConnectorModeRequest,
        response: { 200: Connector, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      await store.accounts.setConnectorMode(caller.accountId, request.body.mode);
      await audit(services, caller, `connector.mode-${request.body.mode}`, caller.accountId);
      await policyChanged(caller);
      return view(caller);
    },
  );
}

/** The token has 192 random bits, so a plain digest is enough and finding it takes the same time for every guess. */
const hashConnectorToken = (token: string): string => createHash('sha256').update(token).digest('hex');

type NodeView = z.output<typeof ConnectorNode>;
type RouterView = z.output<typeof ConnectorRouter>;

function nodeView(node: StoredNode, live: readonly LiveController[]): NodeView {
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
function routersOf(live: readonly LiveController[]): RouterView[] {
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

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
