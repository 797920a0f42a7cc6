import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../apps/mmr/src/engine/port.ts';
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
import { code } from './refusals.ts';
import { subjects } from './subjects.ts';

/** An RTP packet as a slot takes it: no extension, a byte of Opus. */
const packetOf = (slot: { ssrc: number; payloadType: number }, sequence: number): Buffer => {
  const packet = Buffer.alloc(16, 0xf8);
  packet[0] = 0x80;
  packet[1] = slot.payloadType;
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(sequence * 960, 4);
  packet.writeUInt32BE(slot.ssrc, 8);
  return packet;
};

describe.each(subjects)('$name', ({ create }) => {
  let engine: Engine;

  beforeAll(async () => {
    ({ engine } = await create({ workerCount: 1 }));
  });

  afterAll(async () => {
    await engine.close();
  });

  test('what this process writes into a slot is received like a voice, and can be tapped again', async () => {
    const room = await openRoom(engine);
    const slot = await room.createSlot('slot-0');
    const recv = await receiver(room);
    const consumer = await recv.consume({ producerId: slot.id, rtpCapabilities: receiverOf(room) });
    expect(consumer).toMatchObject({ kind: 'audio', type: 'simple', producerPaused: false });
    expect(consumer.parameters.rtpParameters.codecs[0]).toMatchObject({ mimeType: 'audio/opus' });
    const tap = await room.tap(slot.id);
    const heard: Buffer[] = [];
    const third = next((listener: (event: void) => void) =>
      tap.onPacket((packet) => {
        heard.push(packet);
        if (heard.length === 3) listener();
      }),
    );
    for (const sequence of [1, 2, 3]) slot.send(packetOf(slot, sequence));
    await third;
    expect(heard.map((packet) => packet.subarray(-4))).toEqual(
      Array.from({ length: 3 }, () => Buffer.alloc(4, 0xf8)),
    );
    const numbers = heard.map((packet) => packet.readUInt16BE(2));
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2]);
    room.close();
  });

  test('a microphone that sends its level says where in the packets it is', async () => {
    const room = await openRoom(engine);
    const producer = await (
      await sender(room)
    ).produce({
      producerId: trackId(),
      kind: 'audio',
      source: 'mic',
      rtpParameters: microphone(),
    });
    const tap = await room.tap(producer.id);
    const level = room.rtpCapabilities.headerExtensions.find(({ uri }) => uri.endsWith('audio-level'));
    expect(tap).toMatchObject({ producerId: producer.id, audioLevelId: level?.preferredId, closed: false });
    producer.close();
    await settled(engine);
    expect(tap.closed).toBe(true);
    room.close();
  });

  test('only audio that is there can be tapped, and an id is used once', async () => {
    const room = await openRoom(engine);
    const send = await sender(room);
    const rtpParameters = camera();
    const video = await send.produce({
      producerId: trackId(),
      kind: 'video',
      source: 'camera',
      rtpParameters,
    });
    for (const id of ['trk_none', video.id])
      await expect(room.tap(id)).rejects.toEqual(code('media.unknown-producer'));
    const slot = await room.createSlot('slot-0');
    await expect(room.createSlot('slot-0')).rejects.toEqual(code('media.invalid-parameters'));
    await expect(room.createSlot('no id!')).rejects.toEqual(code('media.invalid-parameters'));
    slot.close();
    await settled(engine);
    await room.createSlot('slot-0');
    room.close();
    await expect(room.createSlot('slot-1')).rejects.toEqual(code('media.unavailable'));
    await expect(room.tap(video.id)).rejects.toEqual(code('media.unavailable'));
  });

  test('the end of a slot is told to its receivers, and a room takes its slots with it', async () => {
    const room = await openRoom(engine);
    const [first, second] = [await room.createSlot('slot-0'), await room.createSlot('slot-1')];
    const consumer = await (
      await receiver(room)
    ).consume({
      producerId: first.id,
      rtpCapabilities: receiverOf(room),
    });
    const end = next((listener: (event: void) => void) => consumer.onProducerClose(listener));
    first.close();
    await end;
    expect([first.closed, consumer.closed, second.closed]).toEqual([true, true, false]);
    first.send(packetOf(first, 1));
    room.close();
    expect(second.closed).toBe(true);
    second.send(packetOf(second, 1));
  });
});
