import { versionStanding, type AccountId } from '@guildhall/domain';
import type { ChecklistItem } from '@guildhall/protocol';
import { refuse } from '../refuse.ts';
import type { ConnectorServices } from './types.ts';
import { nodeView, routersOf } from './views.ts';

type Needs = Pick<ConnectorServices, 'store' | 'controllers' | 'clock'>;

/** What production mode needs, each with its state. A warning does not keep anybody from it. */
export async function checklistOf(
  accountId: AccountId,
  { store, controllers, clock }: Needs,
): Promise<ChecklistItem[]> {
  const account = await store.accounts.get(accountId);
  const settings = await store.hosting.settings(accountId);
  const zones = await store.connectors.zones(accountId);
  const live = zones.flatMap((zone) => controllers.ofZone(zone.id));
  const nodes = (await store.connectors.nodesOfAccount(accountId)).map((node) => nodeView(node, live));
  const names = (ids: readonly string[]): string[] =>
    nodes.filter((node) => ids.includes(node.nodeId)).map((node) => node.name);
  const routers = routersOf(live).filter((router) => router.state === 'connected');
  const nowMs = clock.now();
  const standings = nodes
    .filter((node) => node.state === 'connected')
    .map(({ name, version }) => ({
      name,
      standing: versionStanding(version ?? '', settings.minimum, nowMs),
    }));
  const old = standings.filter((node) => node.standing !== 'ok');
  const urls = live.flatMap((controller) => controller.urls);
  const hasMet = await store.history.hasMetSince(accountId, settings.enabledAtMs ?? 0);
  const item = (name: ChecklistItem['item'], state: ChecklistItem['state'], subjects: string[] = []) => ({
    item: name,
    state,
    subjects: subjects.slice(0, 50),
  });
  return [
    item('token', account?.hasConnectorToken ? 'ok' : 'missing'),
    item('controller', live.length > 0 ? 'ok' : 'missing', names(live.map((one) => one.nodeId))),
    item('router', routers.length > 0 ? 'ok' : 'missing', names(routers.map((one) => one.nodeId))),
    item(
      'version',
      old.length === 0 ? 'ok' : old.some((node) => node.standing === 'refused') ? 'missing' : 'warning',
      old.map((node) => node.name),
    ),
    addressItem(urls),
    item('test-meeting', hasMet ? 'ok' : 'warning'),
  ];
}

/** Only a browser can tell whether it reaches an address; what can be seen from here is said as a warning. */
function addressItem(urls: readonly string[]): ChecklistItem {
  const suspicious = urls.filter((url) => isLocal(url) || !url.startsWith('https:'));
  const state = urls.length === 0 || suspicious.length > 0 ? 'warning' : 'ok';
  return { item: 'address', state, subjects: [...new Set(suspicious)].slice(0, 50) };
}

function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]';
}

/** @throws GuildhallError connector.not-enabled, connector.not-ready */
export async function assertReady(accountId: AccountId, needs: Needs): Promise<void> {
  const account = await needs.store.accounts.get(accountId);
  if (!account?.connectorEnabled) throw refuse('connector.not-enabled');
  const missing = (await checklistOf(accountId, needs)).filter((item) => item.state === 'missing');
  if (missing.length === 0) return;
  const words = {
    token: 'no connector token was made',
    controller: 'no zone controller is connected',
    router: 'no multimedia router is connected',
    version: 'a connector is older than the minimum version',
    address: 'no address is known',
    'test-meeting': 'no test meeting was held',
  } as const satisfies Record<ChecklistItem['item'], string>;
  const what = missing.map(({ item }) => words[item]).join(', ');
  throw refuse('connector.not-ready', {
    sentence: `The connector is not ready for production mode: ${what}. The checklist in the portal says what to do.`,
  });
}
