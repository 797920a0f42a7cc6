import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MeetingId, UserId } from '../ids.ts';
import { boundedRevocations, passStanding, type PassRevocation } from './index.ts';

const dayMs = 86_400_000;
const people = ['usr_aaaaaaaaaa', 'usr_bbbbbbbbbb'] as unknown as UserId[];
const meetings = ['mtg_aaaaaaaaaa', 'mtg_bbbbbbbbbb'] as unknown as MeetingId[];
const atMs = fc.integer({ min: 1, max: 20 * dayMs });
const revocation: fc.Arbitrary<PassRevocation> = fc.record({
  id: fc.constantFrom(...people, ...meetings),
  beforeMs: atMs,
});
const pass = fc.record({
  issuedAtMs: atMs,
  subject: fc.constantFrom(...people),
  meetingId: fc.constantFrom(...meetings),
});

describe('a pass', () => {
  test('that was revoked is never good in a zone, however many other revocations there are', () => {
    fc.assert(
      fc.property(
        pass,
        fc.array(revocation, { maxLength: 30 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 8 * dayMs }),
        atMs,
        (one, all, limit, maxAgeMs, nowMs) => {
          const past = all.filter(({ beforeMs }) => beforeMs <= nowMs);
          const unbounded = { maxAgeMs, voidBeforeMs: 0, revoked: past };
          const sent = boundedRevocations(past, { limit, maxAgeMs, nowMs });
          expect(sent.revoked.length).toBeLessThanOrEqual(limit);
          if (passStanding(one, unbounded, nowMs) === 'good') return;
          expect(passStanding(one, { maxAgeMs, ...sent }, nowMs)).not.toBe('good');
        },
      ),
    );
  });

  test('given after every revocation is good until it is too old', () => {
    fc.assert(
      fc.property(pass, fc.array(revocation, { maxLength: 30 }), fc.nat(5), (one, all, limit) => {
        const maxAgeMs = 7 * dayMs;
        const past = all.filter(({ beforeMs }) => beforeMs < one.issuedAtMs);
        const rules = { maxAgeMs, ...boundedRevocations(past, { limit, maxAgeMs, nowMs: one.issuedAtMs }) };
        expect(passStanding(one, rules, one.issuedAtMs + maxAgeMs)).toBe('good');
        expect(passStanding(one, rules, one.issuedAtMs + maxAgeMs + 1)).toBe('expired');
      }),
    );
  });

  test('is not taken where passes are off or unknown', () => {
    fc.assert(
      fc.property(pass, atMs, (one, nowMs) => {
        expect(passStanding(one, undefined, nowMs)).toBe('off');
        expect(passStanding(one, { maxAgeMs: 0, voidBeforeMs: 0, revoked: [] }, nowMs)).toBe('off');
      }),
    );
  });
});
