import { versionStanding } from '@guildhall/domain';
import { LiveView, SetTestHostsRequest, SetVersionRuleRequest, VersionRule } from '@guildhall/protocol';
import { audit } from '../audit.ts';
import { refuse } from '../refuse.ts';
import type { StoredUser } from '../store/port.ts';
import type { App } from '../web/types.ts';
import { assertOwnPeople, tellZones, voidPasses } from './act.ts';
import { checklistOf } from './checklist.ts';
import { doc } from './doc.ts';
import type { ConnectorServices } from './types.ts';

/** What stands before production mode: test hosts, the checklist, the oldest version allowed. */
export function addLiveRoutes(app: App, services: ConnectorServices): void {
  const { store, callers } = services;

  app.get(
    '/api/v1/connector/live',
    { schema: doc('The mode, its test hosts and the checklist', LiveView, {}) },
    async (request) => liveView(await callers.administrator(request), services),
  );

  app.put(
    '/api/v1/connector/test-hosts',
    { schema: doc('Whose meetings use the connector in test mode', LiveView, { body: SetTestHostsRequest }) },
    async (request) => {
      const caller = await callers.administrator(request);
      await assertOwnPeople(services, caller, request.body.userIds);
      await store.hosting.setTestHosts(caller.accountId, request.body.userIds);
      await audit(services, caller, 'connector.test-hosts', caller.accountId);
      await voidPasses(services, caller);
      return liveView(caller, services);
    },
  );

  app.get(
    '/api/v1/connector/minimum-version',
    { schema: doc('The oldest version that may host new meetings', VersionRule, {}) },
    async (request) => versionView(await callers.administrator(request), services),
  );

  app.put(
    '/api/v1/connector/minimum-version',
    {
      schema: doc('Set the oldest version that may host new meetings', VersionRule, {
        body: SetVersionRuleRequest,
      }),
    },
    async (request) => {
      const caller = await callers.administrator(request);
      await store.hosting.setMinimum(caller.accountId, request.body.minimum);
      await audit(services, caller, 'connector.minimum-version', request.body.minimum?.version ?? 'none');
      await tellZones(services, caller);
      return versionView(caller, services);
    },
  );
}

async function liveView({ accountId }: StoredUser, services: ConnectorServices): Promise<LiveView> {
  const account = await services.store.accounts.get(accountId);
  if (!account) throw refuse('auth.required');
  const checklist = await checklistOf(accountId, services);
  return {
    mode: account.connectorMode,
    testHosts: await services.store.hosting.testHosts(accountId),
    checklist,
    ready: checklist.every((item) => item.state !== 'missing'),
  };
}

async function versionView(
  { accountId }: StoredUser,
  { store, clock }: ConnectorServices,
): Promise<VersionRule> {
  const { minimum } = await store.hosting.settings(accountId);
  const nodes = await store.connectors.nodesOfAccount(accountId);
  const nowMs = clock.now();
  return {
    minimum,
    nodes: nodes.map(({ id, name, version }) => ({
      nodeId: id,
      name,
      version,
      standing: versionStanding(version, minimum, nowMs),
    })),
  };
}
