import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  audioLevelOf,
  isMarked,
  sequenceDistance,
  sequenceOf,
  timestampDistance,
  timestampOf,
} from './rtp.ts';
import { SlotStream } from './slot-stream.ts';

const packetOf = (sequence: number, timestamp: number, tag: number): Buffer => {
  const packet = Buffer.alloc(14, tag);
  packet[0] = 0x80;
  packet[1] = 111;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(timestamp >>> 0, 4);
  packet.writeUInt32BE(0xdead, 8);
  return packet;
};

const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const turn = fc.record({
  sequence: uint16,
  timestamp: uint32,
  packets: fc.integer({ min: 1, max: 30 }),
  lost: fc.array(fc.integer({ min: 1, max: 28 }), { maxLength: 4 }),
  silentMs: fc.integer({ min: 0, max: 5_000 }),
});

test('whoever holds the slot, receivers get one stream: no number twice, none left out, time never goes back', () => {
  fc.assert(
    fc.property(
      fc.record({ sequence: uint16, timestamp: uint32 }),
      fc.array(turn, { minLength: 1, maxLength: 6 }),
      (start, turns) => {
        const sent: Buffer[] = [];
        const stream = new SlotStream(
          { ssrc: 77, payloadType: 100, send: (packet) => sent.push(packet) },
          start,
        );
        let nowMs = 1_000;
        let lost = 0;
        for (const { sequence, timestamp, packets, lost: gaps, silentMs } of turns) {
          nowMs += silentMs;
          const firstOfTurn = sent.length;
          for (let index = 0; index < packets; index += 1) {
            // The last one arrives, so that every gap can be seen.
            if (gaps.includes(index) && index < packets - 1) {
              lost += 1;
              continue;
            }
            const atMs = nowMs + index * 20;
            stream.forward(packetOf(sequence + index, timestamp + index * 960, 1), atMs);
          }
          nowMs += packets * 20;
          expect(sent.slice(firstOfTurn).map(isMarked)).toEqual(
            sent.slice(firstOfTurn).map((_, index) => index === 0),
          );
          stream.end(nowMs);
        }
        const numbers = sent.map(sequenceOf);
        const times = sent.map(timestampOf);
        let missing = 0;
        for (let index = 1; index < sent.length; index += 1) {
          const step = sequenceDistance(numbers[index - 1] ?? 0, numbers[index] ?? 0);
          expect(step).toBeGreaterThanOrEqual(1);
          missing += step - 1;
          expect(timestampDistance(times[index - 1] ?? 0, times[index] ?? 0)).toBeGreaterThanOrEqual(
            960 * step,
          );
        }
        expect(missing).toBe(lost);
        for (const packet of sent)
          expect([packet.readUInt32BE(8), (packet[1] ?? 0) & 0x7f]).toEqual([77, 100]);
      },
    ),
  );
});

test('time in the stream passes as it does outside, across holders and pauses', () => {
  const sent: Buffer[] = [];
  const stream = new SlotStream(
    { ssrc: 1, payloadType: 100, send: (packet) => sent.push(packet) },
    { sequence: 9, timestamp: 5 },
  );
  stream.forward(packetOf(1, 1_000, 1), 0);
  stream.end(20);
  stream.forward(packetOf(60_000, 4_000_000_000, 2), 3_000);
  const [first, silence, second] = sent.map(timestampOf);
  expect(timestampDistance(first ?? 0, silence ?? 0)).toBe(960);
  expect(timestampDistance(first ?? 0, second ?? 0)).toBe(3_000 * 48);
  expect(sent[1]?.subarray(12)).toEqual(Buffer.from([0xf8, 0xff, 0xfe]));
});

test('a packet that comes late keeps its place, one from before the turn is left out', () => {
  const sent: Buffer[] = [];
  const stream = new SlotStream(
    { ssrc: 1, payloadType: 100, send: (packet) => sent.push(packet) },
    { sequence: 0, timestamp: 0 },
  );
  for (const number of [10, 12, 11, 9]) stream.forward(packetOf(number, number * 960, 1), number);
  stream.end(40);
  expect(sent.map(sequenceOf)).toEqual([1, 3, 2, 4]);
});

test('the level is read from any place among the extensions, and nonsense is no level', () => {
  const withExtensions = (bytes: readonly number[]): Buffer => {
    const words = Math.ceil(bytes.length / 4);
    const packet = Buffer.alloc(12 + 4 + words * 4 + 3);
    packet[0] = 0x90;
    packet.writeUInt16BE(0xbede, 12);
    packet.writeUInt16BE(words, 14);
    packet.set(bytes, 16);
    return packet;
  };
  expect(audioLevelOf(withExtensions([0x60, 0x80 | 30]), 6)).toBe(-30);
  expect(audioLevelOf(withExtensions([0x42, 1, 2, 3, 0, 0x60, 127]), 6)).toBe(-127);
  expect(audioLevelOf(withExtensions([0x40, 1]), 6)).toBeUndefined();
  expect(audioLevelOf(withExtensions([0xf0, 1, 0x60, 20]), 6)).toBeUndefined();
  expect(audioLevelOf(packetOf(1, 1, 1), 6)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 13, maxLength: 40 }), (bytes) => {
      const level = audioLevelOf(Buffer.from(bytes), 6);
      expect(level === undefined || (level <= 0 && level >= -127)).toBe(true);
    }),
  );
});
