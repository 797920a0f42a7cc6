import { RateLimiter, type Clock, type Logger, type Timer } from '@guildhall/kit';
import { NodeIdSchema } from '@guildhall/protocol';
import type { AccountEvent, Bus } from '../bus/port.ts';
import type { Store, StoredEvent } from '../store/port.ts';

/** Many events at once are one write. */
const gatherMs = 500;
const retryMs = 5_000;
const maxWaiting = 10_000;
/** Strangers can cause these: they must not push everything else out of the log. */
const limitedKinds = new Set(['sign-in.failed', 'controller.refused']);

export interface EventLogOptions {
  readonly bus: Bus;
  readonly store: Pick<Store, 'events' | 'connectors'>;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Stores what happened; while the database is away it waits here, the oldest giving way first. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #limits: RateLimiter;
  readonly #stop: () => void;
  #waiting: StoredEvent[] = [];
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: EventLogOptions) {
    this.#options = options;
    const { bus, clock } = options;
    this.#limits = new RateLimiter({ capacity: 30, refillPerSecond: 0.2, maxKeys: 10_000, clock });
    this.#stop = bus.subscribe('account.event', (event) => this.#add(event));
  }

  /** Idempotent; what waits is written if it can be. */
  async close(): Promise<void> {
    this.#stop();
    this.#timer?.cancel();
    await this.#writing;
    await this.#write();
    this.#timer?.cancel();
  }

  #add(event: AccountEvent): void {
    const { accountId, kind } = event;
    if (limitedKinds.has(kind) && !this.#limits.take(`${accountId} ${kind}`).ok) return;
    this.#waiting.push({ id: this.#options.newId(), ...event });
    this.#waiting.splice(0, this.#waiting.length - maxWaiting);
    this.#soon(gatherMs);
  }

  #soon(delayMs: number): void {
    this.#timer ??= this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write();
    }, delayMs);
  }

  async #write(): Promise<void> {
    const { store, logger } = this.#options;
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    try {
      await store.events.add(await this.#named(events));
    } catch (error) {
      this.#waiting = [...events, ...this.#waiting].slice(-maxWaiting);
      logger.sampled('events', 60_000).warn({ err: error }, 'events could not be stored yet');
      this.#soon(retryMs);
    }
  }

  /** Fills in the names of nodes that others spoke of; what is not the account's is left out. */
  async #named(events: readonly StoredEvent[]): Promise<StoredEvent[]> {
    const { connectors } = this.#options.store;
    const named = await Promise.all(
      events.map(async (event) => {
        if (event.label !== '') return event;
        const nodeId = NodeIdSchema.safeParse(event.subject);
        const node = nodeId.success ? await connectors.node(nodeId.data) : undefined;
        return node?.accountId === event.accountId ? { ...event, label: node.name } : undefined;
      }),
    );
    return named.filter((event) => event !== undefined);
  }
}
