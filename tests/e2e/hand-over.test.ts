import { FakeClock, seededRandom } from '@guildhall/kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SlotMixer } from '../../apps/mmr/src/media/slots/mixer.ts';
import { frameSamples, Opus, rateHz, type EncoderOptions, type Frame } from './opus.ts';

// What is heard where a speaker slot changes hands, sample by sample: voices that a real Opus encoder made, the mixer of
// the router, and one real decoder for all that leaves the slot, as every listener has one.

const seconds = 8;
const levelId = 6;
const payloadType = 100;

/** A voice begins and ends within this: whatever is faster is no voice. */
const edgeS = 0.06;
const edge = (share: number): number => 0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, Math.max(0, share)));

/** A hum with three overtones that sounds from and until the given seconds. */
const hum = (
  pitchHz: number,
  amplitude: number,
  spans: readonly (readonly [number, number])[],
): Float32Array => {
  const samples = new Float32Array(seconds * rateHz);
  for (const [from, until] of spans) {
    for (let n = Math.round(from * rateHz); n < until * rateHz; n += 1) {
      const time = n / rateHz;
      let wave = 0;
      for (let partial = 1; partial <= 4; partial += 1)
        wave += Math.sin(2 * Math.PI * pitchHz * partial * time) / partial ** 2;
      const envelope = Math.min(edge((time - from) / edgeS), edge((until - time) / edgeS));
      samples[n] = 0.6 * amplitude * envelope * wave;
    }
  }
  return samples;
};

/** RFC 6464. */
const levelOf = (samples: Float32Array, frame: number): number => {
  let energy = 0;
  for (const sample of samples.subarray(frame * frameSamples, (frame + 1) * frameSamples))
    energy += sample ** 2;
  return Math.max(-127, Math.min(0, Math.round(10 * Math.log10(energy / frameSamples + 1e-13))));
};

const headerBytes = 20;
const packetOf = (
  numbers: { sequence: number; timestamp: number },
  levelDb: number,
  payload: Buffer,
): Buffer => {
  const header = Buffer.alloc(headerBytes);
  header[0] = 0x90;
  header[1] = payloadType;
  header.writeUInt16BE(numbers.sequence & 0xffff, 2);
  header.writeUInt32BE(numbers.timestamp >>> 0, 4);
  header.writeUInt16BE(0xbede, 12);
  header.writeUInt16BE(1, 14);
  header.set([levelId << 4, -levelDb, 0, 0], 16);
  return Buffer.concat([header, payload]);
};
const payloadOf = (packet: Buffer): Buffer =>
  packet.subarray(((packet[0] ?? 0) & 0x10) === 0 ? 12 : headerBytes);

/**
 * How rough a sound is at each sample: its fourth difference, which is next to nothing for a voice below 2 kHz, and of
 * the height of the step where a waveform is cut.
 */
const roughness = (samples: Float32Array): Float32Array => {
  const before = (n: number): number => samples[n] ?? 0;
  const rough = new Float32Array(samples.length);
  for (let n = 4; n < samples.length; n += 1)
    rough[n] = before(n) - 4 * before(n - 1) + 6 * before(n - 2) - 4 * before(n - 3) + before(n - 4);
  return rough;
};

const peak = (samples: Float32Array, from = 0, until = samples.length): number => {
  let most = 0;
  for (const one of samples.subarray(Math.max(0, from), until)) most = Math.max(most, Math.abs(one));
  return most;
};

interface Voice {
  readonly id: string;
  readonly samples: Float32Array;
  readonly frames: readonly Frame[];
}

/** One slot, in which these are heard; `at` is asked before each frame. */
const throughSlot = async (voices: readonly Voice[], at: (frame: number, mixer: SlotMixer) => void) => {
  const clock = new FakeClock();
  const sent: Buffer[] = [];
  const turns: { holder: string | undefined; packet: number }[] = [];
  const mixer = new SlotMixer({
    sinks: [{ ssrc: 1, payloadType, send: (packet) => void sent.push(packet) }],
    clock,
    random: seededRandom(1),
    onHolder: ({ holder }) => turns.push({ holder, packet: sent.length }),
  });
  const microphones = voices.map((voice, index) => {
    let listener = (_packet: Buffer): void => undefined;
    mixer.add({
      id: voice.id,
      audioLevelId: levelId,
      onPacket: (one) => ((listener = one), () => undefined),
    });
    const frames = new Map(voice.frames.map((frame) => [frame.index, frame.payload]));
    // Numbers of everybody begin anywhere, and run over.
    let sequence = 65_400 + index * 77;
    return (frame: number): void => {
      const payload = frames.get(frame);
      if (!payload) return;
      sequence += 1;
      const timestamp = 0xffff_0000 + index * 4_711 + frame * frameSamples;
      listener(packetOf({ sequence, timestamp }, levelOf(voice.samples, frame), payload));
    };
  });
  for (let frame = 0; frame < (seconds * rateHz) / frameSamples; frame += 1) {
    at(frame, mixer);
    for (const speak of microphones) speak(frame);
    await clock.advance(20);
  }
  return { sent, turns };
};

let opus: Opus;

beforeAll(async () => {
  opus = await Opus.open();
});
afterAll(async () => {
  await opus?.[Symbol.asyncDispose]();
});

const kinds: readonly (EncoderOptions & { readonly name: string })[] = [
  { name: 'SILK and hybrid', application: 'voip', bitrateBps: 20_000 },
  { name: 'SILK, hybrid and CELT', application: 'voip', bitrateBps: 32_000 },
  { name: 'CELT', application: 'audio', bitrateBps: 64_000 },
];

describe.each(kinds)('Opus as $name', (options) => {
  test('nothing clicks where a slot changes hands: taken in the middle of a word, muted in the middle of one, given back', async () => {
    const samples = {
      quiet: hum(220, 0.12, [
        [0, 2.9],
        [4.2, seconds],
      ]),
      loud: hum(300, 0.5, [[2, seconds]]),
    };
    const voices: Voice[] = [];
    for (const id of ['quiet', 'loud'] as const)
      voices.push({ id, samples: samples[id], frames: await opus.encode(samples[id], options) });
    const alone: Float32Array[] = [];
    for (const { frames } of voices) alone.push(await opus.decode(frames.map(({ payload }) => payload)));
    const roughest = Math.max(...alone.map((decoded) => peak(roughness(decoded))));
    const loudest = Math.max(...alone.map((decoded) => peak(decoded)));

    const { sent, turns } = await throughSlot(voices, (frame, mixer) => {
      if (frame === 5 * 50) mixer.remove('loud');
    });
    // The louder one takes the slot after a while, is muted while speaking, and the other one has it again.
    expect(turns.map(({ holder }) => holder)).toEqual(['quiet', 'loud', undefined, 'quiet']);
    const heard = await opus.decode(sent.map(payloadOf));
    const rough = roughness(heard);
    for (const { packet } of turns) {
      const at = packet * frameSamples;
      const [from, until] = [at - 5 * frameSamples, at + 25 * frameSamples];
      expect(peak(rough, from, until)).toBeLessThan(2 * roughest);
      expect(peak(heard, from, until)).toBeLessThan(1.25 * loudest);
    }

    // The measure is one: the same two voices, cut together as they come out of two decoders, click.
    const [first, second] = alone;
    if (!first || !second) throw new Error('no voices');
    const spliced = Float32Array.from(second);
    // Wherever the waves happen to meet: one of these cuts hits.
    for (let cut = 2.6; cut < 2.8; cut += 0.0301)
      spliced.set(
        first.subarray(Math.round(cut * rateHz), Math.round((cut + 0.0147) * rateHz)),
        Math.round(cut * rateHz),
      );
    expect(peak(roughness(spliced))).toBeGreaterThan(20 * roughest);
  });
});
