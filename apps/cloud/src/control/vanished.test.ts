import type { MeetingId, ZoneId } from '@guildhall/domain';
import { FakeClock, silentLogger } from '@guildhall/kit';
import { MeetingIdSchema, newIdText, ZoneIdSchema } from '@guildhall/protocol';
import { expect, test, vi } from 'vitest';
import { createMemoryBus } from '../bus/memory.ts';
import { VanishedZones } from './vanished.ts';

const minuteMs = 60_000;
const ofZeros = (count: number): Uint8Array => new Uint8Array(count);
const zoneId = ZoneIdSchema.parse(newIdText('zone', ofZeros));
const meetingId = MeetingIdSchema.parse(newIdText('meeting', ofZeros));

function scene(heardMs: number | null, live: ZoneId[] = []) {
  const clock = new FakeClock();
  const history = {
    zonesWithRuns: () => Promise.resolve([{ zoneId, heardMs }]),
    closeVanished: vi.fn<() => Promise<MeetingId[]>>(() => Promise.resolve([meetingId])),
    reopen: () => Promise.resolve([]),
  };
  const vanished = new VanishedZones({
    history,
    bus: createMemoryBus(silentLogger),
    isLive: (id) => live.includes(id),
    events: { tell: () => Promise.resolve() },
    afterMs: 60 * minuteMs,
    clock,
    logger: silentLogger,
  });
  return { clock, vanished, closed: history.closeVanished };
}

test('a cloud that was away itself first gives every zone the whole time to be heard', async () => {
  const { clock, vanished, closed } = scene(1_000);
  await clock.advance(59 * minuteMs);
  expect(closed).not.toHaveBeenCalled();
  await clock.advance(minuteMs);
  expect(closed).toHaveBeenCalledOnce();
  await vanished.close();
  expect(clock.timers).toBe(0);
});

test('a zone whose link is open is there, whatever the store knows', async () => {
  const { clock, vanished, closed } = scene(null, [zoneId]);
  await clock.advance(3 * 60 * minuteMs);
  expect(closed).not.toHaveBeenCalled();
  await vanished.close();
});
