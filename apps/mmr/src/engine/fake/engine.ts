import type { LinkLogger } from '@guildhall/rpc';
import { engineClosed } from '../errors.ts';
import { Listeners } from '../listeners.ts';
import {
  defaultEngineLimits,
  type Engine,
  type EngineLimits,
  type EngineLoad,
  type Speaker,
  type TransportState,
  type Unsubscribe,
  type WorkerDied,
  type WorkerInfo,
  type WorkerState,
} from '../port.ts';
import { FakeRoom } from './room.ts';
import type { FakeProducer } from './streams.ts';
import type { FakeTransport } from './transport.ts';
import { later, type FakeWorld } from './world.ts';

export interface FakeEngineOptions {
  /** Default 2. */
  readonly workerCount?: number;
  readonly limits?: Partial<EngineLimits>;
  readonly logger: LinkLogger;
}

interface FakeWorker {
  readonly workerId: string;
  readonly rooms: Map<string, FakeRoom>;
  state: WorkerState;
  restarts: number;
  cpu: number;
}

export const createFakeEngine = (options: FakeEngineOptions): FakeEngine => new FakeEngine(options);

/**
 * The engine without a network: the rules, refusals and events of the real one, in memory, the same in every run. A
 * transport that is connected counts as connected at once, and a consumer gets the layers it prefers.
 */
export class FakeEngine implements Engine {
  readonly #workers: readonly FakeWorker[];
  readonly #world: FakeWorld;
  readonly #died: Listeners<WorkerDied>;
  readonly #ready: Listeners<WorkerInfo>;
  #closed = false;

  constructor(options: FakeEngineOptions) {
    let counter = 0;
    const limits = { ...defaultEngineLimits, ...options.limits };
    this.#world = { logger: options.logger, limits, next: () => (counter += 1) };
    this.#died = new Listeners(options.logger);
    this.#ready = new Listeners(options.logger);
    this.#workers = Array.from({ length: options.workerCount ?? 2 }, (_, index) => ({
      workerId: `worker-${index}`,
      rooms: new Map(),
      state: 'running',
      restarts: 0,
      cpu: 0,
    }));
  }

  workers(): readonly WorkerInfo[] {
    return this.#workers.map((worker) => this.#info(worker));
  }

  room(roomId: string): FakeRoom | undefined {
    for (const { rooms } of this.#workers) {
      const room = rooms.get(roomId);
      if (room !== undefined) return room;
    }
    return undefined;
  }

  async openRoom({ roomId }: { readonly roomId: string }): Promise<FakeRoom> {
    // The one wait a fake may have: a worker that is being started anew is there a moment later.
    await Promise.resolve();
    if (this.#closed) throw engineClosed();
    const open = this.room(roomId);
    if (open !== undefined) return open;
    const worker = this.#workers
      .filter(({ state }) => state === 'running')
      .toSorted((a, b) => a.rooms.size - b.rooms.size)[0];
    if (worker === undefined) return this.openRoom({ roomId });
    const room = new FakeRoom(roomId, worker.workerId, this.#world);
    worker.rooms.set(roomId, room);
    room.onClose(() => worker.rooms.delete(roomId));
    return room;
  }

  onWorkerDied(listener: (event: WorkerDied) => void): Unsubscribe {
    return this.#died.add(listener);
  }

  onWorkerReady(listener: (worker: WorkerInfo) => void): Unsubscribe {
    return this.#ready.add(listener);
  }

  async load(): Promise<EngineLoad> {
    return {
      workers: this.#workers.map(({ workerId, rooms, cpu }) => {
        const all = Array.from(rooms.values());
        const transports = all.flatMap((room) => Array.from(room.transports));
        return {
          workerId,
          cpu,
          rooms: rooms.size,
          transports: transports.length,
          producers: all.reduce((total, room) => total + room.producers.size, 0),
          consumers: transports.reduce((total, transport) => total + transport.consumers.size, 0),
          bitrateInBps: 0,
          bitrateOutBps: 0,
        };
      }),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const worker of this.#workers) {
      worker.state = 'closed';
      for (const room of Array.from(worker.rooms.values())) room.close();
    }
    this.#died.clear();
    this.#ready.clear();
  }

  /** For tests: the worker process dies now and is back a moment later. */
  killWorker(index: number): void {
    const worker = this.#workers[index];
    if (worker?.state !== 'running') return;
    worker.state = 'starting';
    worker.restarts += 1;
    const rooms = Array.from(worker.rooms.values());
    for (const room of rooms) room.closeBecause('worker-died');
    const roomIds = rooms.map(({ roomId }) => roomId);
    this.#died.emit({ workerId: worker.workerId, roomIds, reason: 'killed by a test' });
    later(() => {
      if (worker.state !== 'starting') return;
      worker.state = 'running';
      this.#ready.emit(this.#info(worker));
    });
  }

  /** For tests: who is heard in a room now. */
  speak(roomId: string, speakers: readonly Speaker[]): void {
    this.room(roomId)?.speak(speakers);
  }

  /** For tests: what the network does to a transport. */
  setTransportState(transportId: string, state: Exclude<TransportState, 'closed'>): void {
    this.transport(transportId)?.setState(state);
  }

  /** For tests: the share of a core a worker says it uses, 0 to 1. */
  setCpu(index: number, cpu: number): void {
    const worker = this.#workers[index];
    if (worker !== undefined) worker.cpu = cpu;
  }

  /** For tests: the live transport of this id. */
  transport(transportId: string): FakeTransport | undefined {
    return this.#rooms()
      .flatMap((room) => Array.from(room.transports))
      .find(({ id }) => id === transportId);
  }

  /** For tests: the live producer of this id. */
  producer(producerId: string): FakeProducer | undefined {
    return this.#rooms()
      .map((room) => room.producers.get(producerId))
      .find((producer) => producer !== undefined);
  }

  #rooms(): FakeRoom[] {
    return this.#workers.flatMap(({ rooms }) => Array.from(rooms.values()));
  }

  #info(worker: FakeWorker): WorkerInfo {
    const { workerId, state, restarts } = worker;
    return { workerId, state, pid: undefined, udpPort: 9, tcpPort: 9, rooms: worker.rooms.size, restarts };
  }
}
