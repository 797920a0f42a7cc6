import { expect, test } from 'vitest';
import type { ConsumerStats, ProducerStats } from '../engine/port.ts';
import { LinkMeter } from './link-meter.ts';

const transport = (rates: { in: number; out: number }) => ({
  stats: async () => ({
    bytesReceived: 0,
    bytesSent: 0,
    bitrateInBps: rates.in,
    bitrateOutBps: rates.out,
    availableOutgoingBitrateBps: undefined,
    protocol: 'tcp' as const,
  }),
});

function scene() {
  const heard: ProducerStats = { packetsReceived: 0, packetsLost: 0, jitterMs: 4 };
  const given: ConsumerStats = {
    packetsSent: 0,
    bytesSent: 0,
    bitrateOutBps: 0,
    packetsLost: 0,
    roundTripTimeMs: 30,
  };
  const counters = { heard, given };
  const mic = { id: 'mic', kind: 'audio', source: 'mic', paused: false, closed: false } as const;
  const camera = { id: 'cam', kind: 'video', source: 'camera', paused: false, closed: false } as const;
  type Facts = Omit<typeof mic | typeof camera, 'paused'> & { readonly paused: boolean };
  const producer = (facts: Facts) => ({ ...facts, stats: async () => counters.heard });
  const received = { id: 'con', stats: async () => counters.given };
  const meter = new LinkMeter();
  const measure = (sent: Facts[] = [camera, mic]) =>
    meter.measure({
      send: transport({ in: 500, out: 0 }),
      recv: transport({ in: 0, out: 700 }),
      sent: sent.map(producer),
      received,
    });
  return { counters, measure, camera, mic };
}

test('loss is what was lost since the measurement before, each way', async () => {
  const { counters, measure } = scene();
  expect(await measure()).toEqual({
    bitrateInBps: 500,
    bitrateOutBps: 700,
    lossIn: null,
    lossOut: null,
    roundTripTimeMs: 30,
    jitterMs: 4,
    transport: 'tcp',
  });
  counters.heard = { packetsReceived: 95, packetsLost: 5, jitterMs: 4 };
  counters.given = { ...counters.given, packetsSent: 200, packetsLost: 50 };
  expect(await measure()).toMatchObject({ lossIn: 0.05, lossOut: 0.25 });
  counters.heard = { packetsReceived: 195, packetsLost: 2, jitterMs: 4 };
  expect(await measure()).toMatchObject({ lossIn: 0, lossOut: null });
});

test('another stream than before, or one that hardly flows, says nothing of loss', async () => {
  const { counters, measure, camera } = scene();
  await measure();
  counters.heard = { packetsReceived: 1_000, packetsLost: 500, jitterMs: 4 };
  expect(await measure([camera])).toMatchObject({ lossIn: null, jitterMs: null });
  counters.heard = { packetsReceived: 1_003, packetsLost: 503, jitterMs: 4 };
  expect(await measure([camera])).toMatchObject({ lossIn: null });
});

test('who sends nothing is asked for what arrives only', async () => {
  const { measure, mic } = scene();
  expect(await measure([{ ...mic, paused: true }])).toMatchObject({
    bitrateInBps: 0,
    bitrateOutBps: 700,
    roundTripTimeMs: 30,
    transport: 'tcp',
  });
});
