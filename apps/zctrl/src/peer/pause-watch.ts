import type { Clock, Logger, Timer } from '@guildhall/kit';

const everyMs = 250;
/** A busy process is late by less; a stopped one, or a VM that was frozen, by more. */
const pauseMs = 1_000;

/**
 * Notices that this process was stopped for a while: what it believes may be outdated. Both clocks are looked at, for a
 * frozen VM's monotonic clock may have stood still with it.
 */
export class PauseWatch {
  readonly #timer: Timer;

  constructor(options: { clock: Clock; logger: Logger; onPause: () => void }) {
    const { clock, logger, onPause } = options;
    let monotonicMs = clock.monotonicMs();
    let wallMs = clock.now();
    this.#timer = clock.setInterval(() => {
      const lateMs = clock.monotonicMs() - monotonicMs - everyMs;
      const wallLateMs = clock.now() - wallMs - everyMs;
      monotonicMs = clock.monotonicMs();
      wallMs = clock.now();
      if (lateMs < pauseMs && wallLateMs < pauseMs) return;
      logger.warn({ lateMs: Math.max(lateMs, wallLateMs) }, 'this process was stopped for a while');
      onPause();
    }, everyMs);
  }

  /** Idempotent. */
  close(): void {
    this.#timer.cancel();
  }
}
