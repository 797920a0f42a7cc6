import { FakeClock, seededRandom } from '@guildhall/kit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlotMixer, type HolderChange } from './mixer.ts';

const levelId = 6;

/** The sound of person `tag`: the last byte says whose it is. */
const packetOf = (sequence: number, levelDb: number, tag: number): Buffer => {
  const packet = Buffer.alloc(12 + 8 + 4, tag);
  packet[0] = 0x90;
  packet[1] = 100;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE((sequence * 960) >>> 0, 4);
  packet.writeUInt16BE(0xbede, 12);
  packet.writeUInt16BE(1, 14);
  packet.set([levelId << 4, -levelDb & 0x7f, 0, 0], 16);
  return packet;
};

const scene = (slots = 3) => {
  const clock = new FakeClock();
  const sent = Array.from({ length: slots }, (): number[] => []);
  const changes: HolderChange[] = [];
  const voices: string[] = [];
  const mixer = new SlotMixer({
    sinks: sent.map((out, index) => ({
      ssrc: index + 1,
      payloadType: 100,
      // Silence between holders is three bytes of payload and nobody's.
      send: (packet) => void (packet.length > 15 && out.push(packet.at(-1) ?? 0)),
    })),
    clock,
    random: seededRandom(1),
    onHolder: (change) => changes.push(change),
    onVoice: (id) => voices.push(id),
  });
  const listeners = new Map<number, (packet: Buffer) => void>();
  const numbers = new Map<number, number>();
  return {
    clock,
    sent,
    changes,
    voices,
    mixer,
    heard: (tag: number): number => sent.flat().filter((one) => one === tag).length,
    add: (tag: number): void =>
      mixer.add({
        id: `p${tag}`,
        audioLevelId: levelId,
        onPacket: (listener) => {
          listeners.set(tag, listener);
          return () => undefined;
        },
      }),
    say: (tag: number, levelDb: number): void => {
      const sequence = (numbers.get(tag) ?? 0) + 1;
      numbers.set(tag, sequence);
      listeners.get(tag)?.(packetOf(sequence, levelDb, tag));
    },
  };
};

test('the first syllable is heard: nothing of a voice is lost before it has a slot', async () => {
  const { add, say, heard, clock, changes } = scene();
  add(1);
  for (let index = 0; index < 50; index += 1) {
    say(1, index < 40 ? -80 : -20);
    await clock.advance(20);
  }
  expect(changes).toEqual([{ slot: 0, holder: 'p1', before: undefined }]);
  // The ten of the voice, and the one before them.
  expect(heard(1)).toBe(11);
});

test('on a machine that gets to its packets only now and then, who speaks is heard: what was spoken counts, not when it came', async () => {
  const { add, say, heard, clock, changes } = scene();
  add(1);
  for (let heap = 0; heap < 5; heap += 1) {
    for (let index = 0; index < 15; index += 1) say(1, -20);
    await clock.advance(300);
  }
  expect(changes).toEqual([{ slot: 0, holder: 'p1', before: undefined }]);
  expect(heard(1)).toBe(75);
});

test('a sender whose timestamps jump anywhere is heard again from then on', async () => {
  const { mixer, clock } = scene();
  let listener: ((packet: Buffer) => void) | undefined;
  mixer.add({ id: 'p1', audioLevelId: levelId, onPacket: (one) => ((listener = one), () => undefined) });
  const say = async (from: number, levelDb: number): Promise<void> => {
    for (let index = 0; index < 10; index += 1) {
      listener?.(packetOf(from + index, levelDb, 1));
      await clock.advance(20);
    }
  };
  await say(40_000, -90);
  await say(7, -20);
  expect(mixer.holder(0)).toBe('p1');
});

test('that somebody begins to speak is told with the first packet of each talk, and for noise not at all', async () => {
  const { add, say, clock, voices, changes } = scene();
  for (const tag of [1, 2]) add(tag);
  const sound = async (levelDb: number, packets: number): Promise<void> => {
    for (let index = 0; index < packets; index += 1) {
      say(1, levelDb);
      say(2, -60);
      await clock.advance(20);
    }
  };
  await sound(-80, 10);
  await sound(-20, 1);
  // Long before it has a slot.
  expect([voices, changes]).toEqual([['p1'], []]);
  await sound(-20, 50);
  await sound(-80, 40);
  await sound(-20, 50);
  expect(voices).toEqual(['p1', 'p1']);
});

test('who has no slot costs nothing and is not heard; quiet people never get one', async () => {
  const { add, say, heard, clock, changes } = scene();
  for (const tag of [1, 2, 3, 4, 5]) add(tag);
  for (let index = 0; index < 200; index += 1) {
    for (const tag of [1, 2, 3]) say(tag, -25);
    say(4, -25);
    say(5, -60);
    await clock.advance(20);
  }
  expect(changes.map(({ holder }) => holder)).toEqual(['p1', 'p2', 'p3']);
  expect([heard(4), heard(5)]).toEqual([0, 0]);
});

test('a source without levels is judged by the size of its packets', async () => {
  const { mixer, clock, changes } = scene();
  let listener: ((packet: Buffer) => void) | undefined;
  mixer.add({ id: 'p9', audioLevelId: undefined, onPacket: (one) => ((listener = one), () => undefined) });
  for (let index = 0; index < 10; index += 1) {
    listener?.(Buffer.concat([packetOf(index, 0, 9), Buffer.alloc(60)]));
    await clock.advance(20);
  }
  expect(changes).toHaveLength(1);
});

test('whatever happens: whoever was removed is not heard from then on, nobody is in two slots, holders are told right', async () => {
  const step = fc.record({
    tag: fc.integer({ min: 1, max: 6 }),
    act: fc.constantFrom('say', 'say', 'say', 'say', 'hush', 'remove', 'add'),
    afterMs: fc.constantFrom(0, 20, 20, 20, 300, 1_500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 150 }), async (steps) => {
      const { add, say, mixer, clock, heard, changes } = scene();
      const inside = new Set<number>();
      const leaked: number[] = [];
      for (const { tag, act, afterMs } of steps) {
        await clock.advance(afterMs);
        if (act === 'add') {
          inside.add(tag);
          add(tag);
        } else if (act === 'remove') {
          inside.delete(tag);
          mixer.remove(`p${tag}`);
        } else {
          const before = heard(tag);
          for (let repeat = 0; repeat < 4; repeat += 1) {
            say(tag, act === 'say' ? -20 : -90);
            await clock.advance(20);
          }
          if (!inside.has(tag) && heard(tag) > before) leaked.push(tag);
        }
        expect(leaked).toEqual([]);
        const holders = [0, 1, 2].map((slot) => mixer.holder(slot));
        const told = [0, 1, 2].map((slot) => changes.findLast((change) => change.slot === slot)?.holder);
        expect(told).toEqual(holders);
        const named = holders.filter((holder) => holder !== undefined);
        expect(new Set(named).size).toBe(named.length);
        for (const holder of named) expect(inside.has(Number(holder.slice(1)))).toBe(true);
      }
    }),
  );
});
