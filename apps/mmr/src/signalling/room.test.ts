import type { MeetingId, ParticipantId } from '@guildhall/domain';
import { MeetingIdSchema, newIdText, ParticipantIdSchema } from '@guildhall/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Room } from './room.ts';

const idOf = (n: number) => ParticipantIdSchema.parse(`prt_${String(n).padStart(10, '0')}`);
const meetingId: MeetingId = MeetingIdSchema.parse(newIdText('meeting', (count) => new Uint8Array(count)));

test('however many come at once, in whatever order they are let in: never more than the limit, and no seat stays empty', async () => {
  const story = fc.record({
    limit: fc.integer({ min: 1, max: 6 }),
    /** Who comes, who is let in at last, who is refused by the meeting, who leaves. */
    steps: fc.array(
      fc.record({ kind: fc.constantFrom('come', 'in', 'refused', 'leave'), who: fc.nat({ max: 9 }) }),
      { minLength: 5, maxLength: 60 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(story, async ({ limit, steps }) => {
      const inside = new Set<ParticipantId>();
      const wrong: unknown[] = [];
      const waiting = new Map<ParticipantId, PromiseWithResolvers<void>>();
      const room = new Room({
        limit: () => limit,
        taken: () => inside.size,
        hasPlace: (_meetingId, participantId) => inside.has(participantId),
      });
      for (const { kind, who } of steps) {
        const participantId = idOf(who);
        const pending = waiting.get(participantId);
        if (kind === 'come' && !pending) {
          const wasInside = inside.has(participantId);
          const hadRoom = inside.size + waiting.size < limit;
          const gate = Promise.withResolvers<void>();
          let isRefused = false;
          const done = room.with({ meetingId, participantId }, () => gate.promise);
          done.catch(() => (isRefused = true));
          await Promise.resolve();
          await Promise.resolve();
          if (isRefused !== (!wasInside && !hadRoom)) wrong.push({ who, isRefused, inside: inside.size });
          if (!isRefused && !wasInside) waiting.set(participantId, gate);
          else gate.resolve();
        } else if (kind === 'in' && pending) {
          // Counted by the meeting first, and answered a moment later.
          inside.add(participantId);
          waiting.delete(participantId);
          pending.resolve();
        } else if (kind === 'refused' && pending) {
          waiting.delete(participantId);
          pending.reject(new Error('the meeting is locked'));
        } else if (kind === 'leave') {
          inside.delete(participantId);
        }
        await new Promise<void>((turn) => void setImmediate(turn));
        expect(inside.size).toBeLessThanOrEqual(limit);
      }
      for (const gate of waiting.values()) gate.resolve();
      expect(wrong).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
