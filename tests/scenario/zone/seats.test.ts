import { readRunFiles } from '@guildhall/kit';
import { ErrorEnvelope, ZoneJoinAnswer } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';
import { meetingSpec, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { idText } from './fake-cloud.ts';
import { PairZone, type Half } from './pair-zone.ts';

const seatsOfRouter = 3;
const RouterState = z.object({ load: z.object({ participants: z.number() }) });

const zone = new PairZone();
beforeAll(async () => {
  zone.cloud.limits = { participantsPerRouter: seatsOfRouter, meetingsPerRouter: 20 };
  await zone.start();
});
afterAll(() => zone.dispose());

/** People on each router, as it says itself. */
const counts = (): Promise<number[]> =>
  Promise.all(
    zone.routers.map(async ({ directory }) => {
      const [run] = await readRunFiles(`${directory}/run`);
      const answer = await fetch(`http://127.0.0.1:${run?.adminPort}/debug/state`);
      return RouterState.parse(await answer.json()).load.participants;
    }),
  );

/** One attempt, as a page makes it: the reason when there is no seat. */
async function attempt(half: Half, ticket: string) {
  const response = await zone.rawJoin(half, { ticket });
  const answer: unknown = await response.json();
  if (!response.ok) return ErrorEnvelope.parse(answer).error.code;
  try {
    return await zone.enter(ZoneJoinAnswer.parse(answer));
  } catch (error) {
    if (isGuildhallError(error)) return error.code;
    throw error;
  }
}

test('a crowd that comes through both controllers at once fills every seat and not one more', async () => {
  const meetings = Array.from({ length: 6 }, () => meetingSpec(idText('meeting')));
  const tickets = await Promise.all(
    [...meetings, ...meetings, ...meetings].map((one) => zone.cloud.ticket(one)),
  );
  const inside: { close(): void }[] = [];
  const reasons = new Set<string>();
  const all = 2 * seatsOfRouter;
  const come = async (ticket: string, index: number): Promise<void> => {
    let half: Half = index % 2 === 0 ? 0 : 1;
    await until('a seat, or all of them taken', async () => {
      if (inside.length >= all) return true;
      const outcome = await attempt(half, ticket);
      half = half === 0 ? 1 : 0;
      if (typeof outcome === 'string') {
        reasons.add(outcome);
        return false;
      }
      inside.push(outcome.peer);
      return true;
    });
    expect(Math.max(...(await counts()))).toBeLessThanOrEqual(seatsOfRouter);
  };
  await Promise.all(tickets.map(come));
  expect(inside).toHaveLength(all);
  expect(await counts()).toEqual([seatsOfRouter, seatsOfRouter]);
  // Nothing else keeps anybody out.
  const known = ['zone.full', 'router.overloaded', 'zone.open-failed', 'meeting.not-here'];
  expect([...reasons].filter((reason) => !known.includes(reason))).toEqual([]);
  for (const peer of inside) peer.close();
});
