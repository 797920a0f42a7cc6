import { existsSync } from 'node:fs';
import { createFakeEngine } from '../../../apps/mmr/src/engine/fake/index.ts';
import { createMediasoupEngine } from '../../../apps/mmr/src/engine/mediasoup/index.ts';
import type { Engine, EngineLimits } from '../../../apps/mmr/src/engine/port.ts';

export interface SubjectOptions {
  readonly workerCount?: number;
  readonly limits?: Partial<EngineLimits>;
}

export interface Subject {
  readonly engine: Engine;
  /** Ends a worker without warning, as a crash does. */
  readonly killWorker: (index: number) => void;
}

export interface SubjectKind {
  readonly name: string;
  readonly create: (options?: SubjectOptions) => Promise<Subject>;
}

/** Everything an engine complained about since the tests began; a listener or a worker in trouble shows here. */
export const complaints: string[] = [];

export const logger = {
  warn: (_facts: object, message: string) => void complaints.push(message),
  error: (_facts: object, message: string) => void complaints.push(message),
};

export const workerBin = (): string => {
  const path = process.env['MEDIASOUP_WORKER_BIN'];
  if (path !== undefined && existsSync(path)) return path;
  throw new Error(
    'These tests need the media worker. Run `npm test`, or name its binary in MEDIASOUP_WORKER_BIN.',
  );
};

const createFake = async ({ workerCount = 2, limits = {} }: SubjectOptions = {}): Promise<Subject> => {
  const engine = createFakeEngine({ workerCount, limits, logger });
  return { engine, killWorker: (index) => engine.killWorker(index) };
};

export const createReal = async ({ workerCount = 2, limits = {} }: SubjectOptions = {}): Promise<Subject> => {
  const engine = await createMediasoupEngine({
    workerCount,
    workerBin: workerBin(),
    udpPort: 0,
    tcpPort: 0,
    listen: [{ ip: '127.0.0.1', announcedAddresses: [] }],
    limits,
    logger,
  });
  return {
    engine,
    killWorker: (index) => {
      const pid = engine.workers()[index]?.pid;
      if (pid === undefined) throw new Error(`worker ${index} is not running`);
      process.kill(pid, 'SIGKILL');
    },
  };
};

export const subjects: readonly SubjectKind[] = [
  { name: 'fake', create: createFake },
  { name: 'mediasoup', create: createReal },
];
