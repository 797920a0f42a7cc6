import type { Language } from '@guildhall/ui';
import { epochToWall, zoneOffsetMinutes } from './wall-time.ts';

const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', es: 'es-ES' };

/** A browser set to a variant of the page's language (en-US, es-MX) keeps its own way of writing times. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? LOCALES[language];
}

/** Writers of times for one reader. All instants are epoch milliseconds. */
export interface TimeWriter {
  readonly time: (epochMs: number) => string;
  readonly timeIn: (epochMs: number, timeZone: string) => string;
  readonly day: (epochMs: number) => string;
  readonly dayIn: (epochMs: number, timeZone: string) => string;
  readonly dayAndTime: (epochMs: number) => string;
  readonly ago: (epochMs: number, nowMs: number) => string;
  /** The zone's name as people say it, with the offset of that instant: "Madrid (GMT+1)". */
  readonly zone: (timeZone: string, epochMs: number) => string;
}

const STEPS = [
  ['second', 1_000, 60_000],
  ['minute', 60_000, 3_600_000],
  ['hour', 3_600_000, 86_400_000],
  ['day', 86_400_000, Infinity],
] as const;

const cityOf = (timeZone: string): string => (timeZone.split('/').at(-1) ?? timeZone).replaceAll('_', ' ');

/** `GMT+1`, `GMT-3:30`, `GMT` */
export function offsetName(minutes: number): string {
  if (minutes === 0) return 'GMT';
  const size = Math.abs(minutes);
  const rest = size % 60;
  return `GMT${minutes < 0 ? '-' : '+'}${Math.floor(size / 60)}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

export function createTimeWriter(locale: string, timeZone: string): TimeWriter {
  const timeIn = (epochMs: number, zone: string): string =>
    new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: zone }).format(epochMs);
  const dayIn = (epochMs: number, zone: string): string => {
    const text = new Intl.DateTimeFormat(locale, {
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      ...(epochToWall(epochMs, zone).date.slice(0, 4) === epochToWall(Date.now(), zone).date.slice(0, 4)
        ? {}
        : { year: 'numeric' }),
      timeZone: zone,
    }).format(epochMs);
    return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
  };
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return {
    timeIn,
    dayIn,
    time: (epochMs) => timeIn(epochMs, timeZone),
    day: (epochMs) => dayIn(epochMs, timeZone),
    dayAndTime: (epochMs) =>
      new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(epochMs),
    ago: (epochMs, nowMs) => {
      const passedMs = Math.max(0, nowMs - epochMs);
      const [unit, unitMs] = STEPS.find(([, , belowMs]) => passedMs < belowMs) ?? STEPS[3];
      return relative.format(-Math.round(passedMs / unitMs), unit);
    },
    zone: (zone, epochMs) => `${cityOf(zone)} (${offsetName(zoneOffsetMinutes(epochMs, zone))})`,
  };
}

/** Whole days from `nowMs` to `epochMs` by the reader's calendar: 0 today, 1 tomorrow, -1 yesterday. */
export function calendarDaysAhead(epochMs: number, nowMs: number, timeZone: string): number {
  const day = (ms: number): number => Date.parse(`${epochToWall(ms, timeZone).date}T00:00:00Z`);
  return Math.round((day(epochMs) - day(nowMs)) / 86_400_000);
}
