import type { ParticipantId, TrackId } from '@guildhall/domain';
import type { FakeClock } from '@guildhall/kit';
import type { FakeEngine } from '../../../apps/mmr/src/engine/fake/engine.ts';
import type { Browser } from './harness.ts';

/** Sound for routers of the fake engine: packets that say whose they are, and ears that write down what they hear. */

const levelId = 6;
export const packetMs = 20;

const voicePacket = (sequence: number, tag: number): Buffer => {
  const packet = Buffer.alloc(12 + 8 + 2, tag);
  packet[0] = 0x90;
  packet[1] = 100;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE((sequence * 960) >>> 0, 4);
  packet.writeUInt16BE(0xbede, 12);
  packet.writeUInt16BE(1, 14);
  packet.set([levelId << 4, 20, 0, 0], 16);
  // What sounds: whose it is, and which one.
  packet.writeUInt8(sequence & 0xff, packet.length - 1);
  return packet;
};

interface Heard {
  readonly by: ParticipantId;
  readonly tag: number;
  readonly atMs: number;
}

/** Where somebody is: their browser, and the engine of the router it is linked to. */
export interface Listener {
  readonly browser: Browser;
  readonly engine: FakeEngine;
}

export interface Microphone {
  readonly track: TrackId;
  readonly engine: FakeEngine;
}

/** Everything that reaches an ear, written down. */
export const hearAll = (clock: FakeClock, people: readonly Listener[]) => {
  const ears = new WeakSet();
  const heard: Heard[] = [];
  let sequence = 0;
  const listen = (): void => {
    for (const { browser, engine } of people) {
      const { offer, participantId } = browser;
      for (const consumer of engine.transport(offer.recv.transportId)?.consumers ?? []) {
        if (ears.has(consumer)) continue;
        ears.add(consumer);
        consumer.onPacket((packet) => {
          const tag = packet.at(-2) ?? 0;
          // Silence between two holders is nobody's.
          if (packet.length > 15) heard.push({ by: participantId, tag, atMs: clock.monotonicMs() });
        });
      }
    }
  };
  return {
    heard,
    listen,
    /** These microphones sound for so long; the tag of each is its place in the list plus one. */
    speak: async (
      microphones: readonly Microphone[],
      forMs: number,
      meanwhile?: (atMs: number) => void,
    ): Promise<void> => {
      for (let atMs = 0; atMs < forMs; atMs += packetMs) {
        meanwhile?.(atMs);
        sequence += 1;
        for (const [index, { track, engine }] of microphones.entries()) {
          listen();
          engine.producer(track)?.push(voicePacket(sequence, index + 1));
        }
        await clock.advance(packetMs);
        listen();
      }
    },
    times: (by: ParticipantId, tag: number): number =>
      heard.filter((one) => one.by === by && one.tag === tag).length,
    forget: (): void => void heard.splice(0),
  };
};
