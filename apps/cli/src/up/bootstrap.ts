import {
  Connector,
  ConnectorTokenAnswer,
  ConsoleMe,
  ConsoleStatus,
  Me,
  Meeting,
  Ok,
  Pairing,
  type ServiceName,
  type VmRole,
} from '@guildhall/protocol';
import { ApiClient, ApiError } from '../api.ts';
import { UsageError } from './settings.ts';

export interface Place {
  readonly portalUrl: string;
  /** The consoles of the zone's VMs, controllers first. */
  readonly vms: readonly { readonly consoleUrl: string; readonly role: VmRole }[];
  readonly controlUrl: string;
  readonly owner: { readonly email: string; readonly password: string };
  readonly consolePassword: string;
  readonly meetingNumber: string | null;
  /** Says what is waited for. */
  readonly step: (text: string) => void;
}

const pollEveryMs = 50;
const readyDeadlineMs = 60_000;

/**
 * Asks again until the answer is there: the only way to wait for another process through its public API.
 * @throws UsageError with `what` when the deadline passes
 */
const until = async <T>(what: string, ask: () => Promise<T | null>): Promise<T> => {
  const deadline = performance.now() + readyDeadlineMs;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (performance.now() > deadline)
      throw new UsageError(
        `${what} did not happen within ${readyDeadlineMs / 1000} s. Look into the logs in the data folder.`,
      );
    await new Promise((wake) => setTimeout(wake, pollEveryMs));
  }
};

const signInOwner = async (place: Place): Promise<ApiClient> => {
  const portal = new ApiClient(place.portalUrl);
  try {
    await portal.call('POST', '/api/v1/session', Me, place.owner);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'auth.wrong-credentials')
      throw new UsageError(
        `The data folder has another owner or password than ${place.owner.email}. Give the ones it was made with, or another folder with GUILDHALL_DATA.`,
      );
    throw error;
  }
  return portal;
};

const pair = async (portal: ApiClient, console: ApiClient, place: Place, role: VmRole): Promise<void> => {
  place.step(role === 'controller' ? 'Pairing the connector' : 'Pairing a further router');
  const { token } = await portal.call('POST', '/api/v1/connector/token', ConnectorTokenAnswer, {});
  await console.call('POST', '/api/v1/pairing', Pairing, {
    token,
    controlUrl: place.controlUrl,
    role,
  });
};

const servicesOf: Readonly<Record<VmRole, readonly ServiceName[]>> = {
  controller: ['zctrl', 'mmr'],
  mmr: ['mmr'],
};

const startServices = async (console: ApiClient, place: Place, role: VmRole): Promise<void> => {
  const wanted = servicesOf[role];
  const status = await console.call('GET', '/api/v1/status', ConsoleStatus);
  for (const service of status.services)
    if (service.wanted === 'stopped' && wanted.includes(service.name)) {
      const name: ServiceName = service.name;
      place.step(`Starting ${name}`);
      await console.call('POST', `/api/v1/services/${name}/start`, ConsoleStatus, {});
    }
};

/**
 * Brings a fresh or an old data folder to the state in which people can meet. Does nothing that an administrator could
 * not do through the same public API, and nothing twice.
 * @returns the ready-made meeting
 */
export const bootstrap = async (place: Place): Promise<Meeting> => {
  const portal = await signInOwner(place);
  const before = await portal.call('GET', '/api/v1/connector', Connector);
  if (!before.enabled) await portal.call('POST', '/api/v1/connector/enable', Connector, {});
  for (const { consoleUrl, role } of place.vms) {
    const console = new ApiClient(consoleUrl);
    await console.call('POST', '/api/v1/session', ConsoleMe, {
      username: 'admin',
      password: place.consolePassword,
    });
    const pairing = await console.call('GET', '/api/v1/pairing', Pairing);
    if (!pairing.paired) await pair(portal, console, place, role);
    await startServices(console, place, role);
  }

  place.step('Waiting for the zone controller and the multimedia router');
  const controllers = place.vms.filter(({ role }) => role === 'controller').length;
  const connector = await until('The connection of the zone controller and its routers', async () => {
    const now = await portal.call('GET', '/api/v1/connector', Connector);
    const routers = now.routers.filter((router) => router.state === 'connected');
    const ready =
      now.nodes.filter((node) => node.state === 'connected').length >= controllers &&
      new Set(routers.map(({ nodeId }) => nodeId)).size >= place.vms.length;
    return ready ? now : null;
  });
  if (connector.mode !== 'production')
    await portal.call('PUT', '/api/v1/connector/mode', Connector, { mode: 'production' });
  const meeting = await readyMeeting(portal, place.meetingNumber);
  await portal.call('DELETE', '/api/v1/session', Ok);
  return meeting;
};

const readyMeeting = async (portal: ApiClient, number: string | null): Promise<Meeting> => {
  if (number !== null)
    try {
      return await portal.call('GET', `/api/v1/meetings/${number}`, Meeting);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      // The owner deleted it: make another.
    }
  return portal.call('POST', '/api/v1/meetings', Meeting, { topic: 'Welcome to Guildhall', kind: 'instant' });
};
