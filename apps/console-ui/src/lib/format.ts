import type { Language } from '@guildhall/ui';

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** The two largest parts of a span: "3 hr 12 min", "45 sec". Never negative. */
export function spanText(spanMs: number, language: Language): string {
  let restMs = Math.max(0, spanMs);
  const parts: string[] = [];
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    const last = unit === 'second';
    if (count > 0 || (last && parts.length === 0))
      parts.push(
        new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count),
      );
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** Date and time to the second, for a record of what happened. */
export function momentText(epochMs: number, language: Language): string {
  return new Intl.DateTimeFormat(language === 'es' ? 'es-ES' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'medium',
  }).format(epochMs);
}

/** In mebibytes, as memory is counted: "212 MiB". */
export function memoryText(bytes: number, language: Language): string {
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(bytes / 1_048_576)} MiB`;
}
