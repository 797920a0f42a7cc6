import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  claimSlot,
  hear,
  hearingMode,
  silentVoice,
  slotRules,
  type HearingMode,
  type SlotHolder,
  type Voice,
} from './slots.ts';

const packetMs = 20;

/** A stage with K slots: people make sounds, slots are given by the rules, and every change is written down. */
const stage = (slots: number) => {
  const holders: (SlotHolder | undefined)[] = Array.from({ length: slots }, () => undefined);
  const voices = new Map<string, Voice>();
  const changes: { atMs: number; slot: number; id: string; from: string | undefined }[] = [];
  return {
    holders,
    changes,
    holds: (id: string): boolean => holders.some((holder) => holder?.id === id),
    packet: (id: string, levelDb: number, nowMs: number): void => {
      const voice = hear(voices.get(id) ?? silentVoice, levelDb, nowMs);
      voices.set(id, voice);
      const held = holders.findIndex((holder) => holder?.id === id);
      const before = holders[held];
      if (before) {
        holders[held] = { ...before, voice };
        return;
      }
      const slot = claimSlot({ id, voice }, holders, nowMs);
      if (slot === undefined) return;
      changes.push({ atMs: nowMs, slot, id, from: holders[slot]?.id });
      holders[slot] = { id, sinceMs: nowMs, voice };
    },
  };
};
const speech = fc.integer({ min: -35, max: -15 });
const slotCount = fc.integer({ min: 3, max: 5 });

test('a meeting turns to slots above the upper mark and back below the lower one', () => {
  const rules = { above: 12, below: 9 };
  let mode: HearingMode = 'each';
  const seen = [11, 12, 13, 12, 9, 8, 12, 13].map((people) => (mode = hearingMode(people, mode, rules)));
  expect(seen).toEqual(['each', 'each', 'slots', 'slots', 'slots', 'each', 'each', 'slots']);
});

test('nobody ever has two slots, whatever is heard', () => {
  const sounds = fc.array(
    fc.record({
      who: fc.integer({ min: 0, max: 9 }),
      levelDb: fc.integer({ min: -127, max: 0 }),
      afterMs: fc.integer({ min: 0, max: 700 }),
    }),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(slotCount, sounds, (slots, all) => {
      const { packet, holders } = stage(slots);
      let nowMs = 0;
      for (const { who, levelDb, afterMs } of all) {
        nowMs += afterMs;
        packet(`p${who}`, levelDb, nowMs);
        const ids = holders.flatMap((holder) => holder?.id ?? []);
        expect(new Set(ids).size).toBe(ids.length);
      }
    }),
  );
});

test('whoever speaks while a slot is not spoken in has it within 100 ms', () => {
  fc.assert(
    fc.property(slotCount, fc.integer({ min: 0, max: 4 }), speech, (slots, others, levelDb) => {
      const { packet, holds } = stage(slots);
      const busy = Math.min(others, slots - 1);
      // Every slot was somebody's once; those who do not speak any more are silent since longer than the hold.
      for (let atMs = 0; atMs < 3_000; atMs += packetMs) {
        for (let who = 0; who < slots; who += 1)
          packet(`p${who}`, who < busy || atMs < 1_000 ? levelDb : -90, atMs);
      }
      for (let atMs = 3_000; atMs < 3_100; atMs += packetMs) {
        for (let who = 0; who < busy; who += 1) packet(`p${who}`, levelDb, atMs);
        packet('new', levelDb, atMs);
      }
      expect(holds('new')).toBe(true);
      for (let who = 0; who < busy; who += 1) expect(holds(`p${who}`)).toBe(true);
    }),
  );
});

test('a cough takes no slot from those who speak, however loud', () => {
  fc.assert(
    fc.property(slotCount, speech, fc.integer({ min: 100, max: 600 }), (slots, levelDb, coughMs) => {
      const { packet, changes, holds } = stage(slots);
      for (let atMs = 0; atMs < 6_000; atMs += packetMs) {
        for (let who = 0; who < slots; who += 1) packet(`p${who}`, levelDb, atMs);
        packet('cough', atMs >= 4_000 && atMs < 4_000 + coughMs ? 0 : -90, atMs);
      }
      expect(changes).toHaveLength(slots);
      expect(holds('cough')).toBe(false);
    }),
  );
});

test('equal speakers stay: more of them than slots do not push each other out', () => {
  fc.assert(
    fc.property(
      slotCount,
      fc.array(fc.integer({ min: -24, max: -20 }), { minLength: 1_000, maxLength: 1_000 }),
      (slots, levels) => {
        const { packet, changes } = stage(slots);
        for (const [index, levelDb] of levels.entries()) {
          for (let who = 0; who <= slots; who += 1)
            packet(`p${who}`, levelDb - ((who + index) % 3), index * packetMs);
        }
        expect(changes).toHaveLength(slots);
      },
    ),
    { numRuns: 20 },
  );
});

test('a clearly louder speaker takes the place of the quietest, and that one is not thrown out again at once', () => {
  const { packet, changes, holds } = stage(3);
  for (let atMs = 0; atMs < 10_000; atMs += packetMs) {
    packet('a', -20, atMs);
    packet('b', -22, atMs);
    packet('quiet', -40, atMs);
    if (atMs >= 5_000) packet('loud', -18, atMs);
  }
  expect([holds('a'), holds('b'), holds('loud'), holds('quiet')]).toEqual([true, true, true, false]);
  expect(changes.at(-1)).toMatchObject({ id: 'loud', from: 'quiet' });
  expect(changes).toHaveLength(4);
  expect((changes.at(-1)?.atMs ?? 0) - 5_000).toBeGreaterThanOrEqual(slotRules.challengeMs);
});

test('pauses between sentences cost nobody the slot, silence does', () => {
  const { packet, holds } = stage(3);
  for (const who of ['a', 'b', 'c'])
    for (let atMs = 0; atMs < 2_000; atMs += packetMs) packet(who, -20, atMs);
  const from = (startMs: number): void => {
    for (let atMs = startMs; atMs < startMs + 200; atMs += packetMs) packet('new', -20, atMs);
  };
  from(2_500);
  expect(holds('new')).toBe(false);
  from(4_000);
  expect(holds('new')).toBe(true);
});
