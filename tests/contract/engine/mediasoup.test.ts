import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { crc32 } from 'node:zlib';
import { seededRandom, type Random } from '@guildhall/kit';
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

test('whatever strangers send to the media port is dropped without an answer', async () => {
  const engine = await start();
  const { parameters } = await sender(await openRoom(engine));
  const port = parameters.iceCandidates.find(({ protocol }) => protocol === 'udp')?.port ?? 0;
  const [worker] = engine.workers();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let answers = 0;
  socket.on('message', () => (answers += 1));
  for (const packet of noise(seededRandom(1), 300)) {
    await new Promise((sent) => socket.send(packet, port, '127.0.0.1', sent));
  }
  // Whoever has the credentials is answered: what came before was looked at by then.
  const { usernameFragment, password } = parameters.iceParameters;
  socket.send(bindingRequest(`${usernameFragment}:peer`, password), port, '127.0.0.1');
  await once(socket, 'message');
  expect(answers).toBe(1);
  socket.close();
  expect(engine.workers()).toMatchObject([{ pid: worker?.pid, restarts: 0 }]);
});

/** A STUN message (RFC 8489 §5): its length field says `lie` bytes more than there are. */
const stun = (attributes: readonly Buffer[], lie = 0): Buffer => {
  const body = Buffer.concat(attributes);
  const head = Buffer.alloc(20, 7);
  head.writeUInt16BE(1, 0);
  head.writeUInt16BE((body.length + lie) & 0xffff, 2);
  head.writeUInt32BE(0x2112a442, 4);
  return Buffer.concat([head, body]);
};

const attribute = (type: number, value: Buffer): Buffer => {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
};

/** A check of ICE (RFC 8445 §7.2.2) by a peer that was told the credentials. */
const bindingRequest = (username: string, password: string): Buffer => {
  const attributes = [
    attribute(0x0006, Buffer.from(username)),
    attribute(0x0024, Buffer.from('6e0001ff', 'hex')),
    attribute(0x802a, Buffer.alloc(8, 1)),
  ];
  // MESSAGE-INTEGRITY counts itself in the length, FINGERPRINT does so too (RFC 8489 §14.5, §14.7).
  const integrity = createHmac('sha1', password).update(stun(attributes, 24)).digest();
  attributes.push(attribute(0x0008, integrity));
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(stun(attributes, 8)) ^ 0x5354554e) >>> 0);
  return stun([...attributes, attribute(0x8028, fingerprint)]);
};

/** Noise, STUN of nobody, with a false length and with a thousand attributes, false DTLS, RTP and RTCP. */
function* noise(random: Random, rounds: number): Generator<Buffer> {
  const bytes = (count: number): Buffer => Buffer.from(random.bytes(count));
  const beginning = (first: readonly number[], count: number): Buffer =>
    Buffer.concat([Buffer.from(first), bytes(count)]);
  for (let round = 0; round < rounds; round++) {
    yield bytes(1 + ((round * 37) % 1_500));
    yield stun([attribute(0x0006, Buffer.from('nobody:peer'))]);
    yield stun([attribute(0x0006, bytes(40))], round * 211);
    yield beginning([20 + (round % 44), 0xfe, 0xff], 70);
    yield beginning([0x80 | (round % 64), round % 128], 200);
    yield beginning([0x80 | (round % 32), 200 + (round % 8), 0xff, 0xff], 64);
  }
  yield stun(Array.from({ length: 1_000 }, () => attribute(0x8001, Buffer.alloc(0))));
  yield bytes(60_000);
}
