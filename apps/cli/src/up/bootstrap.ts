import {
  Connector,
  ConnectorTokenAnswer,
  ConsoleStatus,
  Meeting,
  Ok,
  Pairing,
  type ServiceName,
  type VmRole,
} from '@guildhall/protocol';
import { z } from 'zod';
import { ApiClient, ApiError } from '../api.ts';
import { UsageError } from './settings.ts';

export interface Place {
  readonly portalUrl: string;
  /** The consoles of the zone's VMs, controllers first. */
  readonly vms: readonly { readonly consoleUrl: string; readonly role: VmRole }[];
  readonly controlUrl: string;
  /** Of the zone controllers. */
  readonly controllerUrls: readonly string[];
  /** `isGuess`: what the start before knew; people may have changed it since. */
  readonly owner: { readonly email: string; readonly password: string; readonly isGuess: boolean };
  readonly consolePassword: string;
  readonly meetingNumber: string | null;
  /** Says what is waited for. */
  readonly step: (text: string) => void;
}

export interface Bootstrapped {
  /** The ready-made meeting; null when the owner's password was changed: only the owner may look at it. */
  readonly meeting: Meeting | null;
  /** Whether what we know still opens the portal, and the console. */
  readonly knowsOwner: boolean;
  readonly knowsConsole: boolean;
}

const pollEveryMs = 50;
/** A crash is noticed at once; this is only for a machine that has much else to do, where giving up helps nobody. */
export const readyDeadlineMs = 150_000;

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

/** Undefined when the password is not the one we know. */
const signIn = async (
  url: string,
  person:
    | { readonly email: string; readonly password: string }
    | { readonly username: string; readonly password: string },
): Promise<ApiClient | undefined> => {
  const client = new ApiClient(url);
  try {
    await client.call('POST', '/api/v1/session', z.unknown(), person);
    return client;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'auth.wrong-credentials') return undefined;
    throw error;
  }
};

const ownerVariables = 'GUILDHALL_OWNER_EMAIL and GUILDHALL_OWNER_PASSWORD';

const signInOwner = async ({ portalUrl, owner }: Place): Promise<ApiClient | undefined> => {
  const { email, password, isGuess } = owner;
  const portal = await signIn(portalUrl, { email, password });
  if (portal === undefined && !isGuess)
    throw new UsageError(
      `The data folder has another owner or password than ${email}. Give the right ones with ${ownerVariables}, or another folder with GUILDHALL_DATA.`,
    );
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
 * not do through the same public API, and nothing twice. Where people chose passwords of their own, everything that was
 * made before is left as it is.
 */
export const bootstrap = async (place: Place): Promise<Bootstrapped> => {
  const portal = await signInOwner(place);
  if (portal !== undefined) await enable(portal);
  let knowsConsole = true;
  for (const { consoleUrl, role } of place.vms) {
    const console = await signIn(consoleUrl, { username: 'admin', password: place.consolePassword });
    if (console === undefined) {
      knowsConsole = false;
      continue;
    }
    const pairing = await console.call('GET', '/api/v1/pairing', Pairing);
    if (!pairing.paired) await pair(portal ?? ownerNeeded(), console, place, role);
    await startServices(console, place, role);
  }
  place.step('Waiting for the zone controller and the multimedia router');
  if (portal === undefined) {
    await untilPeopleCanJoin(place);
    return { meeting: null, knowsOwner: false, knowsConsole };
  }
  await untilComplete(portal, place);
  const meeting = await readyMeeting(portal, place.meetingNumber);
  await portal.call('DELETE', '/api/v1/session', Ok);
  return { meeting, knowsOwner: true, knowsConsole };
};

const ownerNeeded = (): never => {
  throw new UsageError(
    `A part of this zone is not paired yet, and the owner's password was changed. Give it with ${ownerVariables}.`,
  );
};

const enable = async (portal: ApiClient): Promise<void> => {
  const { enabled } = await portal.call('GET', '/api/v1/connector', Connector);
  if (!enabled) await portal.call('POST', '/api/v1/connector/enable', Connector, {});
};

/** Until every part is connected; then people may use it. */
const untilComplete = async (portal: ApiClient, { vms }: Place): Promise<void> => {
  const controllers = vms.filter(({ role }) => role === 'controller').length;
  const { mode } = await until('The connection of the zone controller and its routers', async () => {
    const now = await portal.call('GET', '/api/v1/connector', Connector);
    const routers = now.routers.filter((router) => router.state === 'connected');
    const ready =
      now.nodes.filter((node) => node.state === 'connected').length >= controllers &&
      new Set(routers.map(({ nodeId }) => nodeId)).size >= vms.length;
    return ready ? now : null;
  });
  if (mode !== 'production')
    await portal.call('PUT', '/api/v1/connector/mode', Connector, { mode: 'production' });
};

const Ping = z.object({ ready: z.boolean() });

/** As far as a stranger can see. */
const untilPeopleCanJoin = async ({ controllerUrls }: Place): Promise<void> => {
  for (const url of controllerUrls)
    await until('The connection of the zone controller and its routers', async () => {
      // It may not listen yet.
      const answer = await new ApiClient(url).call('GET', '/v1/ping', Ping).catch(() => ({ ready: false }));
      return answer.ready ? answer : null;
    });
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
