import { MeetingIdSchema, NodeIdSchema, RouterIdSchema, ZoneIdSchema } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import type { LiveRouterFacts } from './live.ts';
import { measure } from './measures.ts';

const zoneId = ZoneIdSchema.parse('zon_0000000001');

/** A router that says how many meetings it has, and of which it has told how they are. */
const router = (number: number, meetings: number, told: readonly number[] | null): LiveRouterFacts => ({
  zoneId,
  lastSeenMs: 1,
  status: {
    routerId: RouterIdSchema.parse(`rtr_000000000${number}`),
    nodeId: NodeIdSchema.parse(`nod_000000000${number}`),
    version: '0.1.0',
    state: 'connected',
    load: { participants: 10, meetings, workerCpu: 0.1 * number, bitrateInBps: 1, bitrateOutBps: 2 },
    sinceMs: 1,
  },
  quality: told
    ? {
        startedAtMs: 1,
        addresses: [],
        workers: [],
        meetings: told.map((one) => ({
          meetingId: MeetingIdSchema.parse(`mtg_000000000${one}`),
          startedAtMs: 1,
          people: [],
        })),
      }
    : undefined,
});

test('a meeting over several routers is one; its people are added up', () => {
  const three = [router(1, 2, [1, 2]), router(2, 1, [1]), router(3, 2, [1, 3])];
  expect(measure(three)).toMatchObject({ meetings: 3, participants: 30 });
});

test('of a router that has told nothing of its meetings all are counted', () => {
  expect(measure([router(1, 2, [1, 2]), router(2, 3, null)]).meetings).toBe(5);
});
