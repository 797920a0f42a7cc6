import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  createMediasoupEngine,
  type MediasoupEngineOptions,
} from '../../../apps/mmr/src/engine/mediasoup/index.ts';
import type { Engine } from '../../../apps/mmr/src/engine/port.ts';
import { next, openRoom, sender } from './fixtures.ts';
import { logger, workerBin } from './subjects.ts';

// What only the real engine has: processes, ports and addresses.

const open: Engine[] = [];

const start = async (options: Partial<MediasoupEngineOptions> = {}): Promise<Engine> => {
  const engine = await createMediasoupEngine({
    workerCount: 1,
    workerBin: workerBin(),
    udpPort: 0,
    tcpPort: 0,
    listen: [{ ip: '127.0.0.1', announcedAddresses: [] }],
    logger,
    ...options,
  });
  open.push(engine);
  return engine;
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

const alive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('every announced address is a candidate on both protocols, the first one preferred', async () => {
  const engine = await start({
    listen: [
      { ip: '127.0.0.1', announcedAddresses: ['10.20.30.40', 'media.example.org', '192.0.2.7'] },
      { ip: '127.0.0.2', announcedAddresses: [] },
    ],
  });
  const { parameters } = await sender(await openRoom(engine));
  const seen = parameters.iceCandidates.toSorted((a, b) => b.priority - a.priority);
  expect(seen.map(({ protocol, address }) => `${protocol} ${address}`)).toEqual(
    ['udp', 'tcp'].flatMap((protocol) =>
      ['10.20.30.40', 'media.example.org', '192.0.2.7', '127.0.0.2'].map(
        (address) => `${protocol} ${address}`,
      ),
    ),
  );
  expect(new Set(seen.map(({ priority }) => priority)).size).toBe(seen.length);
});

test('listening everywhere without an address to announce is refused with a sentence', async () => {
  await expect(start({ listen: [{ ip: '0.0.0.0', announcedAddresses: [] }] })).rejects.toThrow(
    /addresses to announce/u,
  );
});

test('a worker that was killed comes back on its ports, though somebody is connected to them', async () => {
  const engine = await start();
  const [before] = engine.workers();
  const socket = connect({ host: '127.0.0.1', port: before?.tcpPort ?? 0 }).on('error', () => {});
  await once(socket, 'connect');
  for (const restarts of [1, 2]) {
    const ready = next(engine.onWorkerReady.bind(engine));
    process.kill(engine.workers()[0]?.pid ?? 0, 'SIGKILL');
    expect(await ready).toMatchObject({ restarts, udpPort: before?.udpPort, tcpPort: before?.tcpPort });
  }
  socket.destroy();
  await sender(await openRoom(engine));
});

test('a start that finds its port taken fails with the port in the sentence and leaves no process', async () => {
  const taken = createSocket('udp4').bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address();
  // The clock jumps instead of the test waiting: a port may be in use for a moment after a crash.
  let nowMs = 0;
  await expect(start({ udpPort: port, nowMs: () => (nowMs += 500) })).rejects.toThrow(
    new RegExp(`UDP ${port}`, 'u'),
  );
  taken.close();
  await once(taken, 'close');
  const engine = await start({ udpPort: port });
  expect(engine.workers()[0]).toMatchObject({ udpPort: port, state: 'running' });
});

test('a missing worker binary is an error and no crash', async () => {
  await expect(start({ workerBin: '/nonexistent/worker' })).rejects.toThrow(/ENOENT/u);
});

test('signals are left to the router, and closing ends every process', async () => {
  const before = (['SIGINT', 'SIGTERM'] as const).map((signal) => process.listenerCount(signal));
  const engine = await start({ workerCount: 2 });
  expect((['SIGINT', 'SIGTERM'] as const).map((signal) => process.listenerCount(signal))).toEqual(before);
  const pids = engine.workers().map(({ pid }) => pid);
  expect(pids.map(alive)).toEqual([true, true]);
  await engine.close();
  expect(pids.map(alive)).toEqual([false, false]);
});

test('the load is told per worker', async () => {
  const engine = await start({ workerCount: 2 });
  await engine.load();
  const room = await openRoom(engine);
  await sender(room);
  const { workers } = await engine.load();
  expect(workers.map(({ workerId }) => workerId)).toEqual(['worker-0', 'worker-1']);
  expect(workers.find(({ workerId }) => workerId === room.workerId)).toMatchObject({
    rooms: 1,
    transports: 1,
  });
  for (const { cpu } of workers) expect(cpu).toBeGreaterThanOrEqual(0);
  for (const { cpu } of workers) expect(cpu).toBeLessThanOrEqual(1);
});
