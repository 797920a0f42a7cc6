import { RtpParametersSchema } from '@guildhall/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Producer, Room, Transport } from '../../../apps/mmr/src/engine/port.ts';
import {
  camera,
  h264Camera,
  microphone,
  next,
  openRoom,
  receiver,
  receiverOf,
  screen,
  sender,
  settled,
  trackId,
} from './fixtures.ts';
import { code } from './refusals.ts';
import { subjects } from './subjects.ts';

const sendCamera = (transport: Transport, rtpParameters = camera()): Promise<Producer> =>
  transport.produce({ producerId: trackId(), kind: 'video', source: 'camera', rtpParameters });

const sendMicrophone = (transport: Transport): Promise<Producer> =>
  transport.produce({ producerId: trackId(), kind: 'audio', source: 'mic', rtpParameters: microphone() });

describe.each(subjects)('$name', ({ create }) => {
  let engine: Engine;
  let room: Room;
  let send: Transport;
  let recv: Transport;

  beforeAll(async () => {
    ({ engine } = await create({
      workerCount: 1,
      limits: { producersPerTransport: 3, consumersPerTransport: 2 },
    }));
  });

  afterAll(async () => {
    await engine.close();
  });

  const withRoom = async (body: () => Promise<void>): Promise<void> => {
    room = await openRoom(engine);
    [send, recv] = await Promise.all([sender(room), receiver(room)]);
    await body();
    room.close();
  };

  test('a stream that is sent can be received, with what the receiver needs', () =>
    withRoom(async () => {
      const producer = await sendCamera(send);
      expect(producer).toMatchObject({
        participantId: 'prt_ann',
        kind: 'video',
        source: 'camera',
        type: 'simulcast',
        layers: { spatial: 3, temporal: 3 },
        paused: false,
      });
      const consumer = await recv.consume({
        producerId: producer.id,
        rtpCapabilities: receiverOf(room),
        paused: true,
      });
      const { parameters } = consumer;
      expect(parameters).toMatchObject({
        consumerId: consumer.id,
        producerId: producer.id,
        kind: 'video',
        type: 'simulcast',
        paused: true,
      });
      expect(RtpParametersSchema.parse(parameters.rtpParameters)).toEqual(parameters.rtpParameters);
      expect(parameters.rtpParameters.codecs[0]).toMatchObject({ mimeType: 'video/VP8', payloadType: 101 });
      expect(parameters.rtpParameters.encodings).toHaveLength(1);
      await consumer.requestKeyFrame();
      await consumer.setPriority(200);
      expect(await consumer.stats()).toMatchObject({ packetsSent: 0 });
      expect(await send.stats()).toMatchObject({ bytesReceived: 0 });
      await send.setMaxIncomingBitrate(2_000_000);
    }));

  test.each([
    ['microphone', 'audio', 'mic', microphone, 'simple', { spatial: 1, temporal: 1 }],
    ['screen', 'video', 'screen', screen, 'svc', { spatial: 1, temporal: 3 }],
    ['H.264 camera', 'video', 'camera', h264Camera, 'svc', { spatial: 1, temporal: 3 }],
  ] as const)('a %s has the layers it announces', (_name, kind, source, parameters, type, layers) =>
    withRoom(async () => {
      const producer = await send.produce({
        producerId: trackId(),
        kind,
        source,
        rtpParameters: parameters(),
      });
      expect(producer).toMatchObject({ type, layers });
      const consumer = await recv.consume({ producerId: producer.id, rtpCapabilities: receiverOf(room) });
      const highest =
        type === 'simple' ? undefined : { spatial: layers.spatial - 1, temporal: layers.temporal - 1 };
      expect(consumer.preferredLayers).toEqual(highest);
    }),
  );

  test('a stream nobody sends, or not any more, or in another room, cannot be received', () =>
    withRoom(async () => {
      const rtpCapabilities = receiverOf(room);
      const other = await openRoom(engine);
      const foreign = await sendCamera(await sender(other));
      const producer = await sendCamera(send);
      producer.close();
      for (const producerId of ['trk_none', producer.id, foreign.id])
        await expect(recv.consume({ producerId, rtpCapabilities })).rejects.toEqual(
          code('media.unknown-producer'),
        );
      other.close();
    }));

  test('a receiver without the codec is told so', () =>
    withRoom(async () => {
      const producer = await sendCamera(send);
      const rtpCapabilities = receiverOf(room, ['VP8']);
      await expect(recv.consume({ producerId: producer.id, rtpCapabilities })).rejects.toEqual(
        code('media.cannot-consume'),
      );
      const none = { codecs: [], headerExtensions: [] };
      await expect(recv.consume({ producerId: producer.id, rtpCapabilities: none })).rejects.toEqual(
        code('media.cannot-consume'),
      );
    }));

  test('streams go the way of their transport', () =>
    withRoom(async () => {
      await expect(sendCamera(recv)).rejects.toEqual(code('media.invalid-parameters'));
      const producer = await sendCamera(send);
      await expect(
        send.consume({ producerId: producer.id, rtpCapabilities: receiverOf(room) }),
      ).rejects.toEqual(code('media.invalid-parameters'));
    }));

  test('an id, an SSRC or a media id is used once', () =>
    withRoom(async () => {
      const first = camera();
      const producer = await sendCamera(send, first);
      const again = { kind: 'video', source: 'camera', rtpParameters: camera() } as const;
      const elsewhere = await sender(room, 'prt_eve');
      for (const transport of [send, elsewhere])
        await expect(transport.produce({ ...again, producerId: producer.id })).rejects.toEqual(
          code('media.invalid-parameters'),
        );
      const sameSsrc = { ...camera(), encodings: first.encodings };
      await expect(sendCamera(send, sameSsrc)).rejects.toEqual(code('media.invalid-parameters'));
      const { mid = '' } = first;
      await expect(sendCamera(send, { ...camera(), mid })).rejects.toEqual(code('media.invalid-parameters'));
      // Refusals used nothing up, and the same values are free again once the stream is gone.
      producer.close();
      await sendCamera(send, first);
    }));

  test('two at once under one id: one is made', () =>
    withRoom(async () => {
      const producerId = trackId();
      const results = await Promise.allSettled(
        [microphone(), microphone()].map((rtpParameters) =>
          send.produce({ producerId, kind: 'audio', source: 'mic', rtpParameters }),
        ),
      );
      expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    }));

  test('streams per transport are limited, closing one makes place', () =>
    withRoom(async () => {
      const [first, second] = await Promise.all([
        sendMicrophone(send),
        sendMicrophone(send),
        sendMicrophone(send),
      ]);
      await expect(sendMicrophone(send)).rejects.toEqual(code('media.limit'));
      const rtpCapabilities = receiverOf(room);
      const consumer = await recv.consume({ producerId: first.id, rtpCapabilities });
      await recv.consume({ producerId: second.id, rtpCapabilities });
      await expect(recv.consume({ producerId: second.id, rtpCapabilities })).rejects.toEqual(
        code('media.limit'),
      );
      consumer.close();
      await recv.consume({ producerId: second.id, rtpCapabilities });
      first.close();
      await sendMicrophone(send);
    }));

  test('pausing and resuming, on both sides', () =>
    withRoom(async () => {
      const producer = await sendCamera(send);
      const consumer = await recv.consume({
        producerId: producer.id,
        rtpCapabilities: receiverOf(room),
        paused: true,
      });
      await consumer.resume();
      expect(consumer.paused).toBe(false);
      await consumer.pause();
      expect(consumer.paused).toBe(true);
      await producer.pause();
      await producer.pause();
      await settled(engine);
      expect(producer.paused).toBe(true);
      expect(consumer.producerPaused).toBe(true);
      await producer.resume();
      await settled(engine);
      expect([producer.paused, consumer.producerPaused]).toEqual([false, false]);
      const muted = await send.produce({
        producerId: trackId(),
        kind: 'audio',
        source: 'mic',
        rtpParameters: microphone(),
        paused: true,
      });
      expect(muted.paused).toBe(true);
    }));

  test('layers: the highest at first, then what is asked for, never more than there is', () =>
    withRoom(async () => {
      const producer = await sendCamera(send, camera(2));
      const rtpCapabilities = receiverOf(room);
      const consumer = await recv.consume({ producerId: producer.id, rtpCapabilities });
      expect(consumer.preferredLayers).toEqual({ spatial: 1, temporal: 2 });
      await consumer.setPreferredLayers({ spatial: 0, temporal: 1 });
      expect(consumer.preferredLayers).toEqual({ spatial: 0, temporal: 1 });
      await consumer.setPreferredLayers({ spatial: 3, temporal: 3 });
      expect(consumer.preferredLayers).toEqual({ spatial: 1, temporal: 2 });
      for (const layers of [
        { spatial: -1, temporal: 0 },
        { spatial: 99, temporal: 0 },
        { spatial: 0, temporal: 0.5 },
      ])
        await expect(consumer.setPreferredLayers(layers)).rejects.toEqual(code('media.invalid-parameters'));
      await expect(consumer.setPriority(0)).rejects.toEqual(code('media.invalid-parameters'));
      expect(consumer.preferredLayers).toEqual({ spatial: 1, temporal: 2 });

      const small = await recv.consume({
        producerId: producer.id,
        rtpCapabilities,
        preferredLayers: { spatial: 0, temporal: 0 },
      });
      expect(small.preferredLayers).toEqual({ spatial: 0, temporal: 0 });
    }));

  test('layers of a simple stream are no matter', () =>
    withRoom(async () => {
      const producer = await sendMicrophone(send);
      const consumer = await recv.consume({
        producerId: producer.id,
        rtpCapabilities: receiverOf(room),
        preferredLayers: { spatial: 2, temporal: 2 },
      });
      await consumer.setPreferredLayers({ spatial: 1, temporal: 1 });
      expect(consumer.preferredLayers).toBeUndefined();
    }));

  test('who receives a stream is told when it ends, once, whether it or its transport was closed', () =>
    withRoom(async () => {
      const other = await receiver(room, 'prt_eve');
      const rtpCapabilities = receiverOf(room);
      const told: string[] = [];
      for (const close of ['producer', 'transport'] as const) {
        const from = await sender(room, `prt_${close}`);
        const producer = await sendCamera(from);
        const consumers = await Promise.all(
          [recv, other].map((transport) => transport.consume({ producerId: producer.id, rtpCapabilities })),
        );
        const ends = consumers.map((consumer) =>
          next((listener: (event: void) => void) =>
            consumer.onProducerClose(() => {
              told.push(close);
              listener();
            }),
          ),
        );
        if (close === 'producer') producer.close();
        else from.close();
        await Promise.all(ends);
        expect([producer, ...consumers].map(({ closed }) => closed)).toEqual([true, true, true]);
        from.close();
      }
      await settled(engine);
      expect(told).toEqual(['producer', 'producer', 'transport', 'transport']);
    }));

  test('whoever closes a consumer or its transport is told nothing, and others receive on', () =>
    withRoom(async () => {
      const other = await receiver(room, 'prt_eve');
      const producer = await sendCamera(send);
      const rtpCapabilities = receiverOf(room);
      const [mine, theirs] = await Promise.all(
        [recv, other].map((transport) => transport.consume({ producerId: producer.id, rtpCapabilities })),
      );
      const told: string[] = [];
      mine?.onProducerClose(() => told.push('mine'));
      recv.close();
      await settled(engine);
      expect([mine?.closed, theirs?.closed, producer.closed]).toEqual([true, false, false]);
      expect(told).toEqual([]);
    }));
});
