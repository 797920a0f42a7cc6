import { createMetrics } from '@guildhall/kit';
import { Gauge, type Registry } from 'prom-client';

/** Read when Prometheus asks. */
export interface RouterGauges {
  readonly meetings: () => number;
  readonly participants: () => number;
  readonly links: () => number;
  readonly controllers: () => number;
  readonly workers: () => number;
  readonly workerRestarts: () => number;
  readonly workerCpu: () => number;
  readonly bitrateInBps: () => number;
  readonly bitrateOutBps: () => number;
}

export const createRouterMetrics = (gauges: RouterGauges): Registry => {
  const registry = createMetrics('mmr');
  const gauge = (name: string, help: string, read: () => number): void => {
    // Registered by its making; Prometheus pulls the value.
    void new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('guildhall_meetings', 'Meetings open on this router', gauges.meetings);
  gauge('guildhall_participants', 'People in the meetings of this router', gauges.participants);
  gauge('guildhall_signalling_links', 'Open links of browsers', gauges.links);
  gauge('guildhall_controllers_linked', 'Zone controllers whose link is open', gauges.controllers);
  gauge('guildhall_media_workers', 'Media workers that run', gauges.workers);
  gauge(
    'guildhall_media_worker_restarts',
    'Media workers started again after a death',
    gauges.workerRestarts,
  );
  gauge('guildhall_media_worker_cpu', 'Share of a core of the busiest media worker', gauges.workerCpu);
  gauge('guildhall_media_bitrate_in', 'Media received, bit/s', gauges.bitrateInBps);
  gauge('guildhall_media_bitrate_out', 'Media sent, bit/s', gauges.bitrateOutBps);
  return registry;
};
