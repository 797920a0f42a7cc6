import { setTimeout as delay } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { availableParallelism } from 'node:os';
import type { LinkLogger } from '@guildhall/rpc';
import { setLogEventListeners } from 'mediasoup';
import { engineClosed, mediaError } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import {
  defaultEngineLimits,
  type Engine,
  type EngineLimits,
  type EngineLoad,
  type Room,
  type Unsubscribe,
  type WorkerDied,
  type WorkerInfo,
} from '../port.ts';
import { checkListenAddresses, type ListenAddress } from './candidates.ts';
import { throttledLog } from './failures.ts';
import type { PipeAddress } from './room.ts';
import { WorkerSlot, type SlotSettings } from './worker-slot.ts';

export interface MediasoupEngineOptions {
  /** Worker processes, 1 to 64. Default: one for each core. */
  readonly workerCount?: number;
  /** Path of the worker binary. Default: what mediasoup finds (`MEDIASOUP_WORKER_BIN`, else its own folder). */
  readonly workerBin?: string;
  /** UDP port of the first worker, +1 for each further one; 0: any free one each. */
  readonly udpPort: number;
  /** ICE-TCP port of the first worker, +1 for each further one; 0: any free one each. */
  readonly tcpPort: number;
  readonly listen: readonly ListenAddress[];
  /** Where other routers reach this one. Default: the first of `listen`, any free port. */
  readonly pipes?: PipeAddress;
  readonly limits?: Partial<EngineLimits>;
  /** Where congestion control starts for a receiver, bit/s. Default 1,000,000. */
  readonly initialOutgoingBitrateBps?: number;
  readonly logger: LinkLogger;
  /** Monotonic milliseconds; injected by tests. */
  readonly nowMs?: () => number;
  /** Injected by tests. */
  readonly delay?: (ms: number) => Promise<void>;
}

// Longer than a start after a death takes; who waits longer is better told to try again.
const roomPatienceMs = 5_000;

/**
 * Starts every worker at once.
 * @throws Error one of them did not start: the sentence is for the operator, and none is left running
 */
export const createMediasoupEngine = async (options: MediasoupEngineOptions): Promise<Engine> => {
  checkListenAddresses(options.listen);
  const nowMs = options.nowMs ?? (() => performance.now());
  const log = throttledLog(options.logger, nowMs);
  setLogEventListeners({
    onwarn: (namespace, text) => log('warn', namespace, text),
    onerror: (namespace, text) => log('error', namespace, text),
  });
  const engine = new MediasoupEngine(options, {
    workerBin: options.workerBin,
    listen: options.listen,
    pipes: options.pipes ?? { ip: options.listen[0]?.ip ?? '127.0.0.1', ports: { min: 0, max: 0 } },
    limits: { ...defaultEngineLimits, ...options.limits },
    initialOutgoingBitrateBps: options.initialOutgoingBitrateBps ?? 1_000_000,
    logger: options.logger,
    nowMs,
    delay: options.delay ?? ((ms) => delay(ms, undefined, { ref: false })),
  });
  await engine.start();
  return engine;
};

const nth = (port: number, index: number): number => (port === 0 ? 0 : port + index);

class MediasoupEngine implements Engine {
  readonly #slots: readonly WorkerSlot[];
  readonly #settings: SlotSettings;
  readonly #died: Listeners<WorkerDied>;
  readonly #ready: Listeners<WorkerInfo>;
  readonly #opening = new Map<string, Promise<Room>>();
  readonly #waiting = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor(options: MediasoupEngineOptions, settings: SlotSettings) {
    this.#settings = settings;
    this.#died = new Listeners(settings.logger);
    this.#ready = new Listeners(settings.logger);
    const count = Math.min(64, Math.max(1, options.workerCount ?? availableParallelism()));
    this.#slots = Array.from(
      { length: count },
      (_, index) =>
        new WorkerSlot(index, nth(options.udpPort, index), nth(options.tcpPort, index), settings, {
          died: (slot, roomIds, reason) => this.#died.emit({ workerId: slot.workerId, roomIds, reason }),
          ready: (slot) => {
            this.#wake();
            this.#ready.emit(slot.info);
          },
        }),
    );
  }

  async start(): Promise<void> {
    const started = await Promise.allSettled(this.#slots.map((slot) => slot.start()));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  workers(): readonly WorkerInfo[] {
    return this.#slots.map(({ info }) => info);
  }

  room(roomId: string): Room | undefined {
    for (const slot of this.#slots) {
      const room = slot.rooms.get(roomId);
      if (room !== undefined) return room;
    }
    return undefined;
  }

  async openRoom({ roomId }: { readonly roomId: string }): Promise<Room> {
    const open = this.room(roomId) ?? this.#opening.get(roomId);
    if (open !== undefined) return open;
    const opening = this.#openRoom(roomId).finally(() => this.#opening.delete(roomId));
    this.#opening.set(roomId, opening);
    return opening;
  }

  onWorkerDied(listener: (event: WorkerDied) => void): Unsubscribe {
    return this.#died.add(listener);
  }

  onWorkerReady(listener: (worker: WorkerInfo) => void): Unsubscribe {
    return this.#ready.add(listener);
  }

  async load(): Promise<EngineLoad> {
    return { workers: await Promise.all(this.#slots.map((slot) => slot.load())) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closing = this.#slots.map((slot) => slot.close());
    this.#wake();
    await Promise.all(closing);
    this.#died.clear();
    this.#ready.clear();
  }

  async #openRoom(roomId: string): Promise<Room> {
    const giveUpMs = this.#settings.nowMs() + roomPatienceMs;
    for (;;) {
      if (this.#closing !== undefined) throw engineClosed();
      const slot = this.#leastLoaded();
      try {
        if (slot !== undefined) return await slot.openRoom(roomId);
      } catch (error) {
        // Still running, so it was not its death: do not go round for ever.
        if (slot?.state === 'running') throw this.#noWorker(error);
        continue;
      }
      const leftMs = giveUpMs - this.#settings.nowMs();
      if (leftMs <= 0) throw this.#noWorker();
      await this.#workerReady(leftMs);
    }
  }

  #leastLoaded(): WorkerSlot | undefined {
    const running = this.#slots.filter(({ state }) => state === 'running');
    return running.toSorted((a, b) => a.weight - b.weight)[0];
  }

  #noWorker(cause?: unknown): Error {
    return mediaError(
      'media.unavailable',
      'No media worker is running. It is started again by itself; try again.',
      {
        cause,
      },
    );
  }

  async #workerReady(patienceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    await Promise.race([promise, this.#settings.delay(patienceMs)]);
    this.#waiting.delete(resolve);
  }

  #wake(): void {
    for (const wake of Array.from(this.#waiting)) wake();
  }
}
