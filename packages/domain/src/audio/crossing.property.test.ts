import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimPlace, crossingRules, type CrossingVoice } from './crossing.ts';
import { claimSlot, hear, silentVoice, slotRules, type SlotHolder, type Voice } from './slots.ts';

const packetMs = 20;
const slotCount = fc.integer({ min: 3, max: 5 });
const speech = fc.integer({ min: -35, max: -15 });

/** A router with K slots and a link: every packet is heard, slots and places are given by the rules. */
const stage = (slots: number) => {
  const rules = crossingRules(slots);
  const voices = new Map<string, Voice>();
  const holders: (SlotHolder | undefined)[] = Array.from({ length: slots }, () => undefined);
  const places = new Map<string, number>();
  /** Who lost a place to whom, while they still spoke. */
  const cut: { id: string; stayedMs: number; to: 'speaker' | 'holder' }[] = [];
  const voiceOf = (id: string): Voice => voices.get(id) ?? silentVoice;
  const holds = (id: string): boolean => holders.some((holder) => holder?.id === id);
  const claim = (id: string, as: 'speaker' | 'holder', nowMs: number): void => {
    if (places.has(id)) return;
    const crossing = Array.from(places, ([one, sinceMs]): CrossingVoice => {
      const { lastVoicedMs } = voiceOf(one);
      return { id: one, sinceMs, lastVoicedMs, holdsSlot: holds(one) };
    });
    const got = claimPlace(as, crossing, nowMs, rules);
    if (got.kind === 'none') return;
    if (got.kind === 'instead') {
      const stayedMs = nowMs - (places.get(got.id) ?? nowMs);
      if (nowMs - voiceOf(got.id).lastVoicedMs <= slotRules.spurtGapMs)
        cut.push({ id: got.id, stayedMs, to: as });
      places.delete(got.id);
    }
    places.set(id, nowMs);
  };
  return {
    rules,
    places,
    holders,
    cut,
    crosses: (id: string): boolean => places.has(id),
    holds,
    silent: (id: string, nowMs: number): boolean => nowMs - voiceOf(id).lastVoicedMs > slotRules.spurtGapMs,
    packet: (id: string, levelDb: number, nowMs: number): void => {
      const voice = hear(voiceOf(id), levelDb, nowMs);
      voices.set(id, voice);
      if (voice.voicedMs === 0 && voice.lastVoicedMs === nowMs) claim(id, 'speaker', nowMs);
      const held = holders.findIndex((holder) => holder?.id === id);
      const before = holders[held];
      if (before) {
        holders[held] = { ...before, voice };
        return;
      }
      const slot = claimSlot({ id, voice }, holders, nowMs);
      if (slot === undefined) return;
      holders[slot] = { id, sinceMs: nowMs, voice };
      claim(id, 'holder', nowMs);
    },
  };
};

test('whatever is heard: a link carries a constant number of voices, all that fill slots among them, and cuts nobody short', () => {
  const sounds = fc.array(
    fc.record({
      who: fc.integer({ min: 0, max: 25 }),
      levelDb: fc.oneof(fc.integer({ min: -127, max: 0 }), speech),
      packets: fc.integer({ min: 1, max: 30 }),
      afterMs: fc.constantFrom(0, 0, 20, 300, 1_500),
    }),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(slotCount, sounds, (slots, all) => {
      const { rules, packet, places, holders, crosses, cut } = stage(slots);
      let nowMs = 0;
      for (const { who, levelDb, packets, afterMs } of all) {
        nowMs += afterMs;
        for (let index = 0; index < packets; index += 1) {
          // Somebody else sounds all the time, at the same level.
          packet(`p${who}`, levelDb, nowMs);
          packet(`p${(who + 7) % 26}`, levelDb, nowMs);
          nowMs += packetMs;
          expect(places.size).toBeLessThanOrEqual(rules.places);
          const left = holders.filter((holder) => holder !== undefined && !crosses(holder.id));
          expect(left).toEqual([]);
        }
      }
      const short = cut.filter(({ stayedMs, to }) => to === 'speaker' && stayedMs < rules.minStayMs);
      expect(short).toEqual([]);
    }),
  );
});

test('whoever begins to speak while a place is not spoken in crosses from the first packet', () => {
  fc.assert(
    fc.property(slotCount, fc.integer({ min: 0, max: 9 }), speech, (slots, others, levelDb) => {
      const { rules, packet, crosses } = stage(slots);
      const busy = Math.min(others, rules.places - 1);
      // Every place was somebody's once; those who do not speak any more are silent for long.
      for (let atMs = 0; atMs < 3_000; atMs += packetMs) {
        for (let who = 0; who < rules.places + 3; who += 1)
          packet(`p${who}`, who < busy || atMs < 1_000 ? levelDb : -90, atMs);
      }
      packet('new', levelDb, 3_000);
      expect(crosses('new')).toBe(true);
    }),
  );
});

test('who spoke lately crosses still: those who answer each other lose nothing', () => {
  fc.assert(
    fc.property(slotCount, speech, (slots, levelDb) => {
      const { rules, packet, crosses } = stage(slots);
      let atMs = 0;
      const missing: string[] = [];
      for (let round = 0; round < 3; round += 1) {
        for (let who = 0; who < rules.places; who += 1) {
          if (round > 0 && !crosses(`p${who}`)) missing.push(`p${who} in round ${round}`);
          for (const endMs = atMs + 2_000; atMs < endMs; atMs += packetMs) packet(`p${who}`, levelDb, atMs);
        }
      }
      expect(missing).toEqual([]);
    }),
  );
});

test('a hundred microphones in steady noise do not keep one who speaks up off the link', () => {
  const { packet, crosses, holds } = stage(4);
  const noise = (fromMs: number, toMs: number, also: readonly string[]): void => {
    for (let atMs = fromMs; atMs < toMs; atMs += packetMs) {
      for (let who = 0; who < 100; who += 1) packet(`noise${who}`, -45, atMs);
      for (const id of also) packet(id, -20, atMs);
    }
  };
  noise(0, 4_000, []);
  noise(4_000, 4_000 + packetMs, ['speaker']);
  expect(crosses('speaker')).toBe(true);
  noise(4_000 + packetMs, 8_000, ['speaker']);
  expect([crosses('speaker'), holds('speaker')]).toEqual([true, true]);
});
