import { createMetrics } from '@guildhall/kit';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Read when Prometheus asks. */
interface ZoneGauges {
  readonly routers: () => number;
  readonly meetings: () => number;
  readonly participants: () => number;
  readonly outboxEvents: () => number;
  readonly isCloudConnected: () => boolean;
}

interface ZoneMetrics {
  readonly registry: Registry;
  /** @param outcome `ok` or the code of the refusal */
  joined(outcome: string): void;
}

export function createZoneMetrics(gauges: ZoneGauges): ZoneMetrics {
  const registry = createMetrics('zctrl');
  const registers = [registry];
  const joins = new Counter({
    name: 'guildhall_joins_total',
    help: 'Answers to POST /v1/join, by outcome: ok or the code of the refusal',
    labelNames: ['outcome'],
    registers,
  });
  const gauge = (name: string, help: string, read: () => number): void => {
    // Registered by its making; Prometheus pulls the value.
    void new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('guildhall_routers', 'Multimedia routers whose link is open', gauges.routers);
  gauge('guildhall_meetings', 'Meetings open in the zone', gauges.meetings);
  gauge('guildhall_participants', 'People in the meetings of the zone', gauges.participants);
  gauge('guildhall_outbox_events', 'Events the cloud does not have yet', gauges.outboxEvents);
  gauge('guildhall_cloud_connected', '1 while the link to the cloud is open', () =>
    gauges.isCloudConnected() ? 1 : 0,
  );
  return { registry, joined: (outcome) => joins.inc({ outcome }) };
}
