import { hostname } from 'node:os';
import { versionStanding } from '@guildhall/domain';
import type { Clock } from '@guildhall/kit';
import { productVersion, type ConsoleStatus, type ServiceName } from '@guildhall/protocol';
import type { StatusSources, ZoneState } from './types.ts';

interface StatusOptions extends StatusSources {
  readonly clock: Clock;
}

/** What the first page shows: the services, the pairing, the link to the cloud, and who is meeting. */
export async function consoleStatus(options: StatusOptions): Promise<ConsoleStatus> {
  const { limits, supervisor, pairer, probe, clock } = options;
  const drain = options.drain.current;
  const services = supervisor.status.map((service) => {
    const memory = service.pid === null ? undefined : limits.use(service.name, service.pid);
    return {
      ...service,
      ...(service.name === 'mmr' && drain && { drain }),
      ...(memory && { memory }),
    };
  });
  const stateOf = async (name: ServiceName): Promise<ZoneState | undefined> => {
    const pid = services.find((service) => service.name === name)?.pid;
    return typeof pid === 'number' ? probe.stateOf(name, pid) : undefined;
  };
  const pairing = pairer.state;
  const [zone, router] = await Promise.all([stateOf('zctrl'), stateOf('mmr')]);
  // The zone controller knows the whole zone, a router only itself.
  const counted = zone ?? router;
  return {
    hostName: hostname().slice(0, 253),
    version: productVersion,
    role: pairing.role,
    services,
    pairing,
    cloud: cloudOf(pairing.paired, zone),
    meetings: counted?.meetings ?? 0,
    participants: counted?.participants ?? 0,
    timeMs: clock.now(),
    ...pairOf(zone),
    ...outdatedBy(zone ?? router, clock.now()),
    ...(router?.isStranger === true && { otherZone: true }),
  };
}

function pairOf(zone: ZoneState | undefined): Pick<ConsoleStatus, 'pair'> {
  const pair = zone?.pair;
  if (!pair || pair.state === 'single') return {};
  return { pair: { state: pair.state, sinceMs: Math.round(pair.sinceMs) } };
}

function outdatedBy(told: ZoneState | undefined, nowMs: number): Pick<ConsoleStatus, 'outdated'> {
  const minimum = told?.minimum;
  if (!minimum || versionStanding(productVersion, minimum, nowMs) === 'ok') return {};
  return { outdated: { minimum: minimum.version, fromMs: minimum.fromMs } };
}

function cloudOf(isPaired: boolean, zone: ZoneState | undefined): ConsoleStatus['cloud'] {
  if (!isPaired) return { state: 'not-paired', sinceMs: null };
  if (!zone?.cloud) return { state: 'unknown', sinceMs: null };
  return { state: zone.cloud.state, sinceMs: Math.round(zone.cloud.sinceMs) };
}
