const DAY_MS = 86_400_000;

/** Minutes that `timeZone` is ahead of UTC at this instant. */
export function zoneOffsetMinutes(epochMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(epochMs);
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const asUtcMs = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return Math.round((asUtcMs - Math.floor(epochMs / 1000) * 1000) / 60_000);
}

/**
 * The instant at which clocks in `timeZone` show `date` (YYYY-MM-DD) and `time` (HH:MM). A time that a change of
 * clocks skips is moved on by the gap; one that comes twice is the first.
 */
export function wallToEpochMs(date: string, time: string, timeZone: string): number {
  const asUtcMs = Date.parse(`${date}T${time}:00Z`);
  const candidates = [asUtcMs - DAY_MS, asUtcMs + DAY_MS].map(
    (near) => asUtcMs - zoneOffsetMinutes(near, timeZone) * 60_000,
  );
  const exact = candidates
    .filter((epochMs) => epochMs + zoneOffsetMinutes(epochMs, timeZone) * 60_000 === asUtcMs)
    .toSorted((a, b) => a - b);
  return exact[0] ?? Math.max(...candidates);
}

/** Date and time that clocks in `timeZone` show at this instant. */
export function epochToWall(epochMs: number, timeZone: string): { date: string; time: string } {
  const shown = new Date(epochMs + zoneOffsetMinutes(epochMs, timeZone) * 60_000).toISOString();
  return { date: shown.slice(0, 10), time: shown.slice(11, 16) };
}

/** The next full half hour, at least five minutes away. */
export function nextSlotMs(nowMs: number): number {
  const slotMs = 30 * 60_000;
  return Math.ceil((nowMs + 5 * 60_000) / slotMs) * slotMs;
}

/** The zone of this browser. */
export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
