import type { Clock } from '@guildhall/kit';
import type { Transport, TransportStats } from '../engine/port.ts';

/** The figures of a transport, of which each question costs the worker and this process a tenth of a millisecond or more. */
export class RecentStats {
  readonly #transport: Pick<Transport, 'stats'>;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #last: { readonly stats: TransportStats; readonly atMs: number } | undefined;

  constructor(transport: Pick<Transport, 'stats'>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /** @throws media.unknown-transport it was closed meanwhile */
  async stats(): Promise<TransportStats> {
    const stats = await this.#transport.stats();
    this.#last = { stats, atMs: this.#clock.monotonicMs() };
    return stats;
  }

  /** As they were when somebody asked the last time, if that is not longer ago. @throws as `stats` */
  async statsWithin(maxAgeMs: number): Promise<TransportStats> {
    const last = this.#last;
    return last && this.#clock.monotonicMs() - last.atMs <= maxAgeMs ? last.stats : this.stats();
  }
}
