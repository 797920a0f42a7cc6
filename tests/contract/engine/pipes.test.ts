import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { PipedStreamSchema, PipeParametersSchema, type PipeParameters } from '@guildhall/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Pipe, Room } from '../../../apps/mmr/src/engine/port.ts';
import {
  camera,
  microphone,
  next,
  openRoom,
  receiver,
  receiverOf,
  sender,
  settled,
  trackId,
} from './fixtures.ts';
import { protector, rtpPacket } from './srtp.ts';
import { hostile } from './mutations.ts';
import { code } from './refusals.ts';
import { createReal, subjects } from './subjects.ts';

describe.each(subjects)('$name', ({ create }) => {
  let engines: Engine[];
  let rooms: [Room, Room];
  let pipes: [Pipe, Pipe];

  beforeAll(async () => {
    const made = await Promise.all(
      [1, 2].map(() => create({ workerCount: 1, limits: { streamsPerPipe: 3 } })),
    );
    engines = made.map(({ engine }) => engine);
  });

  afterAll(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
  });

  const withPipe = async (body: () => Promise<void>): Promise<void> => {
    const [a, b] = await Promise.all(engines.map(openRoom));
    if (!a || !b) throw new Error('two rooms');
    rooms = [a, b];
    pipes = await Promise.all([a.createPipe(), b.createPipe()]);
    await Promise.all([pipes[0].connect(pipes[1].parameters), pipes[1].connect(pipes[0].parameters)]);
    await body();
    for (const room of rooms) room.close();
    expect(pipes.map(({ closed }) => closed)).toEqual([true, true]);
  };

  const sendCamera = async () =>
    (await sender(rooms[0])).produce({
      producerId: trackId(),
      kind: 'video',
      source: 'camera',
      rtpParameters: camera(),
    });

  test('a stream keeps its id, its layers and its owner on the other side, and is received there', () =>
    withPipe(async () => {
      const producer = await sendCamera();
      const { stream } = await pipes[0].send(producer.id);
      expect(PipedStreamSchema.parse(stream)).toEqual(stream);
      const there = await pipes[1].receive(stream, 'prt_ann');
      expect(there).toMatchObject({
        id: producer.id,
        participantId: 'prt_ann',
        kind: 'video',
        source: 'camera',
        type: 'simulcast',
        layers: { spatial: 3, temporal: 3 },
        paused: false,
      });
      const recv = await receiver(rooms[1]);
      const consumer = await recv.consume({
        producerId: producer.id,
        rtpCapabilities: receiverOf(rooms[1]),
      });
      expect(consumer).toMatchObject({ kind: 'video', type: 'simulcast' });
      await consumer.requestKeyFrame();
      expect(await pipes[1].stats()).toMatchObject({ bytesReceived: expect.any(Number) });
    }));

  test('two streams, and a way back, share one pipe', () =>
    withPipe(async () => {
      const transport = await sender(rooms[0]);
      const audio = await transport.produce({
        producerId: trackId(),
        kind: 'audio',
        source: 'mic',
        rtpParameters: microphone(),
        paused: true,
      });
      const video = await sendCamera();
      for (const { id } of [audio, video])
        await pipes[1].receive((await pipes[0].send(id)).stream, 'prt_ann');
      const back = await (
        await sender(rooms[1], 'prt_eve')
      ).produce({ producerId: trackId(), kind: 'audio', source: 'mic', rtpParameters: microphone() });
      const there = await pipes[0].receive((await pipes[1].send(back.id)).stream, 'prt_eve');
      expect(there).toMatchObject({ id: back.id, source: 'mic', type: 'simple' });
      // Muted at the beginning: it begins muted there.
      expect((await pipes[0].send(audio.id)).stream.paused).toBe(true);
    }));

  test('whoever sends is told when the stream ends; whoever closes it is not', () =>
    withPipe(async () => {
      const producer = await sendCamera();
      const sending = await pipes[0].send(producer.id);
      const there = await pipes[1].receive(sending.stream, 'prt_ann');
      const ended = next((listener: (event: void) => void) => sending.onProducerClose(listener));
      producer.close();
      await ended;
      expect(sending.closed).toBe(true);
      // The other side is told by its router, not by the pipe.
      expect(there.closed).toBe(false);
      there.close();
      const again = await sendCamera();
      const second = await pipes[0].send(again.id);
      const told: string[] = [];
      second.onProducerClose(() => told.push('told'));
      second.close();
      second.close();
      for (const engine of engines) await settled(engine);
      expect(told).toEqual([]);
      await pipes[1].receive((await pipes[0].send(again.id)).stream, 'prt_ann');
    }));

  test('what is not there cannot be sent, and an id is used once', () =>
    withPipe(async () => {
      await expect(pipes[0].send('trk_none')).rejects.toEqual(code('media.unknown-producer'));
      const producer = await sendCamera();
      const { stream } = await pipes[0].send(producer.id);
      await pipes[1].receive(stream, 'prt_ann');
      await expect(pipes[1].receive(stream, 'prt_ann')).rejects.toEqual(code('media.invalid-parameters'));
      const sameSsrcs = { ...stream, producerId: trackId() };
      await expect(pipes[1].receive(sameSsrcs, 'prt_ann')).rejects.toEqual(code('media.invalid-parameters'));
    }));

  test('a stream may be on a pipe and wait there; its other side is not told', () =>
    withPipe(async () => {
      const producer = await sendCamera();
      const sending = await pipes[0].send(producer.id, { paused: true });
      expect([sending.paused, sending.stream.paused]).toEqual([true, false]);
      await sending.resume();
      await sending.resume();
      expect(sending.paused).toBe(false);
      await sending.pause();
      expect(sending.paused).toBe(true);
      expect((await pipes[1].receive(sending.stream, 'prt_ann')).paused).toBe(false);
      sending.close();
      await expect(sending.resume()).rejects.toEqual(code('media.unknown-producer'));
      await expect(sending.pause()).rejects.toEqual(code('media.unknown-producer'));
    }));

  test('streams on a pipe are limited', () =>
    withPipe(async () => {
      const producer = await sendCamera();
      for (let count = 0; count < 3; count += 1) await pipes[0].send(producer.id);
      await expect(pipes[0].send(producer.id)).rejects.toEqual(code('media.limit'));
    }));

  test('a pipe leads to one place, and a closed one nowhere', () =>
    withPipe(async () => {
      await pipes[0].connect(pipes[1].parameters);
      const elsewhere: PipeParameters = { ...pipes[1].parameters, port: 9 };
      await expect(pipes[0].connect(elsewhere)).rejects.toEqual(code('media.already-connected'));
      pipes[0].close();
      pipes[0].close();
      await expect(pipes[0].connect(pipes[1].parameters)).rejects.toEqual(code('media.unknown-transport'));
      await expect(pipes[0].send('trk_none')).rejects.toEqual(code('media.unknown-transport'));
      rooms[0].close();
      await expect(rooms[0].createPipe()).rejects.toEqual(code('media.unavailable'));
    }));

  test('hostile parameters are refused and harm nobody', () =>
    withPipe(async () => {
      const free = await rooms[0].createPipe();
      const good = pipes[1].parameters;
      const bad: unknown[] = [
        null,
        {},
        { ...good, ip: 'localhost' },
        { ...good, ip: '127.0.0.1; id' },
        { ...good, port: 0 },
        { ...good, port: 65_536 },
        { ...good, srtp: undefined },
        { ...good, srtp: { cryptoSuite: 'AES_CM_128_HMAC_SHA1_32', keyBase64: 'AAAA' } },
        { ...good, srtp: { ...good.srtp, keyBase64: 'short' } },
      ];
      for (const remote of bad)
        await expect(free.connect(hostile(remote))).rejects.toEqual(code('media.invalid-parameters'));
      await free.connect(good);

      const producer = await sendCamera();
      const { stream } = await pipes[0].send(producer.id);
      const { rtpParameters } = stream;
      const worse: unknown[] = [
        null,
        { ...stream, producerId: '$(id)' },
        { ...stream, kind: 'audio' },
        { ...stream, source: 'mic' },
        { ...stream, rtpParameters: camera() },
        { ...stream, rtpParameters: { ...rtpParameters, mid: 'x' } },
        { ...stream, rtpParameters: { ...rtpParameters, encodings: [{}] } },
        { ...stream, rtpParameters: { ...rtpParameters, encodings: [{ ssrc: 5, rtx: { ssrc: 5 } }] } },
        { ...stream, rtpParameters: { ...rtpParameters, codecs: [] } },
      ];
      for (const value of worse)
        await expect(pipes[1].receive(hostile(value), 'prt_ann')).rejects.toEqual(
          code('media.invalid-parameters'),
        );
      await pipes[1].receive(stream, 'prt_ann');
    }));
});

test('speech crosses two real workers encrypted, and what is not encrypted goes nowhere', async () => {
  const [one, two] = await Promise.all([createReal({ workerCount: 1 }), createReal({ workerCount: 1 })]);
  const [a, b] = await Promise.all([openRoom(one.engine), openRoom(two.engine)]);
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  // A third router, made of a socket: it sends speech into the first room.
  const key = `${Buffer.alloc(44, 7).toString('base64')}`;
  const entrance = await a.createPipe();
  await entrance.connect(
    PipeParametersSchema.parse({
      ip: '127.0.0.1',
      port: socket.address().port,
      srtp: { cryptoSuite: 'AEAD_AES_256_GCM', keyBase64: key },
    }),
  );
  const ssrc = 4_242_424;
  const { mid: _mid, ...speech } = microphone();
  const producer = await entrance.receive(
    {
      producerId: trackId(),
      kind: 'audio',
      source: 'mic',
      paused: false,
      rtpParameters: { ...speech, headerExtensions: [], encodings: [{ ssrc }] },
    },
    'prt_ann',
  );
  const [out, into] = await Promise.all([a.createPipe(), b.createPipe()]);
  await Promise.all([out.connect(into.parameters), into.connect(out.parameters)]);
  const there = await into.receive((await out.send(producer.id)).stream, 'prt_ann');

  const protect = protector(key);
  const { port } = entrance.parameters;
  for (let sequence = 1; sequence <= 5; sequence += 1)
    socket.send(rtpPacket(111, ssrc, sequence), port, '127.0.0.1');
  for (let sequence = 6; sequence <= 30; sequence += 1)
    socket.send(protect(rtpPacket(111, ssrc, sequence)), port, '127.0.0.1');
  const arrived = async (): Promise<number> => (await there.stats()).packetsReceived;
  for (let waits = 0; waits < 200 && (await arrived()) < 25; waits += 1) await delay(20);
  expect((await producer.stats()).packetsReceived).toBe(25);
  expect(await arrived()).toBe(25);
  socket.close();
  await Promise.all([one.engine.close(), two.engine.close()]);
});
