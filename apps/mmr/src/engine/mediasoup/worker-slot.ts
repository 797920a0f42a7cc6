import type { LinkLogger } from '@guildhall/rpc';
import { createWorker, type types } from 'mediasoup';
import type { WorkerInfo, WorkerLoad, WorkerState } from '../port.ts';
import { listenInfos } from './candidates.ts';
import { openMediasoupRoom, type MediasoupRoom, type RoomSettings } from './room.ts';
import type { MediasoupTransport } from './transport.ts';

export interface SlotSettings extends RoomSettings {
  readonly workerBin: string | undefined;
  readonly logger: LinkLogger;
  readonly delay: (ms: number) => Promise<void>;
}

export interface SlotEvents {
  died(slot: WorkerSlot, roomIds: readonly string[], reason: string): void;
  ready(slot: WorkerSlot): void;
}

// The kernel may still hold the port of the process before: after kill -9 of a worker, or of the whole router.
const bindRetryMs = 25;
const bindPatienceMs = 2_000;
const restartBackoffMs = [0, 50, 100, 250, 500, 1_000, 2_000, 5_000];
const exitPatienceMs = 2_000;
// Asking a transport for its rates costs the worker and us: so many are asked at each call at most, and only those that
// carry something and were not asked for another reason in this time (the quality of each link is, every 10 s).
const sampledTransports = 32;
const ratesAreGoodForMs = 15_000;

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);

/** One worker process with its WebRtcServer, started anew on the same ports whenever it dies. */
export class WorkerSlot {
  readonly workerId: string;
  readonly rooms = new Map<string, MediasoupRoom>();
  readonly #settings: SlotSettings;
  readonly #events: SlotEvents;
  #udpPort: number;
  #tcpPort: number;
  #state: WorkerState = 'starting';
  #running: { readonly worker: types.Worker; readonly server: types.WebRtcServer } | undefined;
  #restarts = 0;
  #cpu: { readonly atMs: number; readonly usedMs: number } | undefined;
  #opening = 0;

  constructor(index: number, udpPort: number, tcpPort: number, settings: SlotSettings, events: SlotEvents) {
    this.workerId = `worker-${index}`;
    this.#udpPort = udpPort;
    this.#tcpPort = tcpPort;
    this.#settings = settings;
    this.#events = events;
  }

  get state(): WorkerState {
    return this.#state;
  }

  get info(): WorkerInfo {
    return {
      workerId: this.workerId,
      state: this.#state,
      pid: this.#running?.worker.pid,
      udpPort: this.#udpPort,
      tcpPort: this.#tcpPort,
      rooms: this.rooms.size,
      restarts: this.#restarts,
    };
  }

  /** What a new room would join: each room counts as the people it is going to hold, each stream as what it is. */
  get weight(): number {
    const rooms = Array.from(this.rooms.values());
    return (
      10 * (rooms.length + this.#opening) + sum(rooms, (room) => room.transports.size + room.consumerCount)
    );
  }

  /** @throws Error the binary does not run or the ports are taken */
  async start(): Promise<void> {
    const worker = await this.#spawn();
    try {
      const server = await this.#listen(worker);
      await this.#learnPorts(server);
      if (this.#state === 'closed') {
        worker.close();
        return;
      }
      worker.on('died', (error) => this.#died(error));
      // It may have died while it was being set up, before anybody listened.
      if (worker.died) throw new Error('the media worker died while it started');
      this.#running = { worker, server };
      this.#cpu = undefined;
      this.#state = 'running';
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  /** @throws Error no worker runs now, or it died meanwhile */
  async openRoom(roomId: string): Promise<MediasoupRoom> {
    const running = this.#running;
    if (running === undefined) throw new Error(`${this.workerId} is not running`);
    this.#opening += 1;
    const { worker, server } = running;
    const room = await openMediasoupRoom(roomId, this.workerId, worker, server, this.#settings).finally(
      () => {
        this.#opening -= 1;
      },
    );
    if (running !== this.#running) {
      room.closeBecause('worker-died');
      throw new Error(`${this.workerId} died while the room was opened`);
    }
    this.rooms.set(roomId, room);
    room.onClose(() => this.rooms.delete(roomId));
    return room;
  }

  async load(): Promise<WorkerLoad> {
    const rooms = Array.from(this.rooms.values());
    const transports = rooms.flatMap((room) => Array.from(room.transports));
    const carrying = transports.filter(({ carriesMedia }) => carriesMedia);
    const [cpu] = await Promise.all([this.#cpuShare(), this.#sampleRates(carrying)]);
    return {
      workerId: this.workerId,
      cpu,
      rooms: rooms.length,
      transports: transports.length,
      producers: sum(rooms, (room) => room.producerCount),
      consumers: sum(rooms, (room) => room.consumerCount),
      bitrateInBps: sum(carrying, ({ rates }) => rates.bitrateInBps),
      bitrateOutBps: sum(carrying, ({ rates }) => rates.bitrateOutBps),
    };
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const room of Array.from(this.rooms.values())) room.close();
    const worker = this.#running?.worker;
    this.#running = undefined;
    if (worker === undefined) return;
    const gone = new Promise<void>((resolve) => {
      worker.on('subprocessclose', resolve);
    });
    worker.close();
    if (worker.subprocessClosed) return;
    const exited = await Promise.race([
      gone.then(() => true),
      this.#settings.delay(exitPatienceMs).then(() => false),
    ]);
    if (!exited) process.kill(worker.pid, 'SIGKILL');
  }

  async #spawn(): Promise<types.Worker> {
    const { workerBin } = this.#settings;
    const signals = ['SIGINT', 'SIGTERM'] as const;
    const before = signals.map((signal) => new Set(process.listeners(signal)));
    const pending = createWorker({ logLevel: 'warn', ...(workerBin !== undefined && { workerBin }) });
    // mediasoup ends its worker on the first signal. Here the router decides: it drains and closes in its own order.
    signals.forEach((signal, index) => {
      for (const listener of process.listeners(signal))
        if (before[index] && !before[index].has(listener)) process.removeListener(signal, listener);
    });
    return pending;
  }

  async #listen(worker: types.Worker): Promise<types.WebRtcServer> {
    const infos = listenInfos(this.#settings.listen, this.#udpPort, this.#tcpPort);
    const giveUpMs = this.#settings.nowMs() + bindPatienceMs;
    for (;;) {
      try {
        return await worker.createWebRtcServer({ listenInfos: infos });
      } catch (error) {
        if (worker.closed || this.#settings.nowMs() >= giveUpMs)
          throw new Error(
            `Media ports UDP ${this.#udpPort} and TCP ${this.#tcpPort} cannot be opened: another program has them, or the address is not one of this machine.`,
            { cause: error },
          );
        await this.#settings.delay(bindRetryMs);
      }
    }
  }

  /** A port of 0 means any; once known it is kept, so that a new worker is found where the old one was. */
  async #learnPorts(server: types.WebRtcServer): Promise<void> {
    if (this.#udpPort !== 0 && this.#tcpPort !== 0) return;
    const { udpSockets, tcpServers } = await server.dump();
    this.#udpPort = udpSockets[0]?.port ?? this.#udpPort;
    this.#tcpPort = tcpServers[0]?.port ?? this.#tcpPort;
  }

  #died(error: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'starting';
    this.#running = undefined;
    this.#restarts += 1;
    const rooms = Array.from(this.rooms.values());
    for (const room of rooms) room.closeBecause('worker-died');
    void this.#restart();
    this.#events.died(
      this,
      rooms.map(({ roomId }) => roomId),
      error.message,
    );
  }

  async #restart(): Promise<void> {
    for (let attempt = 0; this.#state === 'starting'; attempt += 1) {
      const waitMs = restartBackoffMs[Math.min(attempt, restartBackoffMs.length - 1)] ?? 0;
      if (waitMs > 0) await this.#settings.delay(waitMs);
      if (this.#state !== 'starting') return;
      try {
        await this.start();
      } catch (error) {
        this.#settings.logger.error(
          { err: error, workerId: this.workerId, attempt },
          'a media worker did not start',
        );
        continue;
      }
      if (this.state === 'running') this.#events.ready(this);
    }
  }

  async #cpuShare(): Promise<number> {
    const usage = await this.#running?.worker.getResourceUsage().catch(() => undefined);
    if (usage === undefined) return 0;
    const now = { atMs: this.#settings.nowMs(), usedMs: usage.ru_utime + usage.ru_stime };
    const before = this.#cpu ?? now;
    this.#cpu = now;
    const elapsedMs = now.atMs - before.atMs;
    return elapsedMs > 0 ? Math.min(1, Math.max(0, (now.usedMs - before.usedMs) / elapsedMs)) : 0;
  }

  async #sampleRates(transports: readonly MediasoupTransport[]): Promise<void> {
    const before = this.#settings.nowMs() - ratesAreGoodForMs;
    const due = transports.filter(({ rates }) => rates.atMs < before);
    const oldest = due.toSorted((a, b) => a.rates.atMs - b.rates.atMs).slice(0, sampledTransports);
    await Promise.allSettled(oldest.map((transport) => transport.stats()));
  }
}
