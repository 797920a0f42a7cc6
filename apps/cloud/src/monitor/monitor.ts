import type { AccountId } from '@guildhall/domain';
import type { Clock, Logger } from '@guildhall/kit';
import type { Policy } from '@guildhall/protocol';
import type { Watched } from '../alerts/port.ts';
import type { Bus } from '../bus/port.ts';
import type { Ids } from '../ids.ts';
import type { Store } from '../store/port.ts';
import { EventLog } from './event-log.ts';
import { Live } from './live.ts';
import type { Monitor } from './port.ts';
import { Placements } from './placements.ts';
import { measure } from './measures.ts';
import { Recorder } from './recorder.ts';
import { servicesOf } from './services.ts';

export interface MonitorOptions {
  readonly store: Store;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Policy['limits'];
  /** Whether this process has the role `monitor`: it writes down what the others only show. */
  readonly isRecording: boolean;
  readonly onClose: (name: string, close: () => void | Promise<void>) => void;
}

/** Begins to watch the zones. */
export function startMonitor(options: MonitorOptions): Monitor {
  const { store, bus, ids, clock, logger, limits, isRecording, onClose } = options;
  const live = new Live({ bus, clock });
  onClose('live view', () => live.close());
  const placements = new Placements(bus);
  onClose('placements', () => placements.close());
  const recorder = new Recorder({ live, store, clock, logger });
  onClose('recorder', () => recorder.close());
  if (isRecording) {
    const events = new EventLog({ bus, store, newId: () => ids.row('evt'), clock, logger });
    onClose('event log', () => events.close());
    recorder.start();
  }
  return { live, placements, recorder, store, clock, limits };
}

/** What the alert rules look at. */
export const watchedBy = (monitor: Monitor): Watched => ({
  services: (accountId) => servicesOf(monitor, accountId),
  certificates: (accountId) => certificatesOf(monitor.live, accountId),
  quality: (accountId) =>
    [...Map.groupBy(monitor.live.routers(accountId), ({ zoneId }) => zoneId)].map(([zoneId, routers]) => ({
      zoneId,
      mos: measure(routers).mos,
    })),
});

/** One end for each server: its controller and its router usually have one certificate, else the earlier counts. */
function certificatesOf(live: Live, accountId: AccountId): { nodeId: string; endsAtMs: number }[] {
  const told = [
    ...live.routers(accountId).map(({ status, quality }) => ({
      nodeId: status.nodeId,
      endsAtMs: quality?.certificateExpiresAtMs,
    })),
    ...live.controllers(accountId).map((one) => ({
      nodeId: one.nodeId,
      endsAtMs: one.certificateExpiresAtMs,
    })),
  ];
  const ends = new Map<string, number>();
  for (const { nodeId, endsAtMs } of told)
    if (endsAtMs !== undefined) ends.set(nodeId, Math.min(endsAtMs, ends.get(nodeId) ?? Infinity));
  return [...ends].map(([nodeId, endsAtMs]) => ({ nodeId, endsAtMs }));
}
