import type { MeetingId, NodeId, ZoneId } from '@guildhall/domain';
import { SerialQueue, type Clock, type Logger, type Timer } from '@guildhall/kit';
import type { Bus, BusTopics } from '../bus/port.ts';
import type { Store } from '../store/port.ts';
import type { EventSink } from './events.ts';

const lookEveryMs = 60_000;

export interface VanishedZonesOptions {
  readonly history: Pick<Store['history'], 'zonesWithRuns' | 'closeVanished' | 'reopen'>;
  readonly bus: Bus;
  /** Whether a controller of the zone holds a link to this process. */
  readonly isLive: (zoneId: ZoneId) => boolean;
  readonly events: Pick<EventSink, 'tell'>;
  /** Silence after which a zone counts as vanished. */
  readonly afterMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A zone that is never heard of again would leave its meetings "running" in the portal for good. They are closed after a
 * while, and opened again when the zone comes back and still has them: the zone decides, this is only what people are
 * shown meanwhile. Measured from the start of this process at the earliest: while the cloud was away, nobody could be
 * heard.
 */
export class VanishedZones {
  readonly #options: VanishedZonesOptions;
  readonly #startedAtMs: number;
  readonly #timer: Timer;
  readonly #stop: () => void;
  readonly #work: SerialQueue;
  /** What each router told of and was looked up already. */
  readonly #known = new Map<NodeId, ReadonlySet<MeetingId>>();

  constructor(options: VanishedZonesOptions) {
    this.#options = options;
    const { clock, bus } = options;
    this.#startedAtMs = clock.now();
    this.#work = new SerialQueue({ name: 'meetings of zones that vanished' });
    this.#timer = clock.setInterval(() => void this.#run(() => this.#look()), lookEveryMs);
    this.#stop = bus.subscribe('router.quality', (told) => void this.#run(() => this.#heard(told)));
  }

  /** Idempotent; resolves when what was being written is. */
  async close(): Promise<void> {
    this.#timer.cancel();
    this.#stop();
    await this.#run(() => Promise.resolve());
  }

  async #run(work: () => Promise<void>): Promise<void> {
    await this.#work.run(work).catch((error: unknown) => {
      this.#options.logger
        .sampled('vanished-zones', 60_000)
        .warn({ err: error }, 'meetings of zones that are away could not be looked at');
    });
  }

  async #look(): Promise<void> {
    const { history, clock, afterMs } = this.#options;
    if (clock.now() - this.#startedAtMs < afterMs) return;
    for (const { zoneId, heardMs } of await history.zonesWithRuns()) {
      const sinceMs = Math.max(heardMs ?? 0, this.#startedAtMs);
      if (clock.now() - sinceMs >= afterMs) await this.#giveUp(zoneId, heardMs ?? 0);
    }
  }

  async #giveUp(zoneId: ZoneId, heardMs: number): Promise<void> {
    const { history, isLive, events, clock, logger } = this.#options;
    // A link that is open was alive a moment ago, even if the store could not be told.
    if (isLive(zoneId)) return;
    const over = await history.closeVanished(zoneId, { heardMs, nowMs: clock.now() });
    this.#known.clear();
    if (over.length === 0) return;
    logger.warn({ zoneId, meetings: over.length }, 'a zone has vanished; its meetings are shown as ended');
    for (const meetingId of over) await events.tell(meetingId, 'meeting.ended');
  }

  async #heard({ accountId, zoneId, routerNodeId, report }: BusTopics['router.quality']): Promise<void> {
    const { history, events, clock, logger } = this.#options;
    const known = this.#known.get(routerNodeId);
    const running = report.meetings.map(({ meetingId }) => meetingId);
    const fresh = running.filter((meetingId) => known?.has(meetingId) !== true);
    const back = await history.reopen({ accountId, zoneId }, fresh, clock.now());
    this.#known.set(routerNodeId, new Set(running));
    if (back.length === 0) return;
    logger.info({ zoneId, meetings: back.length }, 'a zone that had vanished is back; its meetings go on');
    for (const meetingId of back) await events.tell(meetingId, 'meeting.started');
  }
}
