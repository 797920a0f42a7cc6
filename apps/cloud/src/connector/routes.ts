import { createHash } from 'node:crypto';
import { Connector, ConnectorTokenAnswer, ErrorEnvelope, SetConnectorModeRequest } from '@guildhall/protocol';
import { audit } from '../audit.ts';
import { refuse } from '../refuse.ts';
import type { StoredUser } from '../store/port.ts';
import type { App } from '../web/types.ts';
import { voidPasses } from './act.ts';
import { assertReady } from './checklist.ts';
import type { ConnectorServices } from './types.ts';
import { meetingsOf, nodeView, routersOf } from './views.ts';

const TOKEN_BYTES = 24;

/** The account's connector: switched on, its token, its mode and its nodes. Owners and administrators. */
export function addOverviewRoutes(app: App, services: ConnectorServices): void {
  const { store, callers, clock, random } = services;
  const tags = ['Connector'];
  const description = 'Owners and administrators.';

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
      meetings: meetingsOf(zones.map((zone) => live.filter(({ zoneId }) => zoneId === zone.id))),
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
      const account = await store.accounts.get(caller.accountId);
      if (!account?.connectorEnabled) {
        await store.accounts.enableConnector(caller.accountId);
        await store.hosting.setEnabledAt(caller.accountId, clock.now());
        const hosts = await store.hosting.testHosts(caller.accountId);
        if (hosts.length === 0) await store.hosting.setTestHosts(caller.accountId, [caller.id]);
      }
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
        description: `${description} In test mode only meetings of test hosts use the connector. Production is refused while the checklist misses something.`,
        body: SetConnectorModeRequest,
        response: { 200: Connector, default: ErrorEnvelope },
      },
    },
    async (request) => {
      const caller = await callers.administrator(request);
      if (request.body.mode === 'production') await assertReady(caller.accountId, services);
      await store.accounts.setConnectorMode(caller.accountId, request.body.mode);
      await audit(services, caller, `connector.mode-${request.body.mode}`, caller.accountId);
      await voidPasses(services, caller);
      return view(caller);
    },
  );
}

/** The token has 192 random bits, so a plain digest is enough and finding it takes the same time for every guess. */
const hashConnectorToken = (token: string): string => createHash('sha256').update(token).digest('hex');
