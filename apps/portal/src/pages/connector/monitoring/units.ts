/** Writers of measured numbers for one reader. */
export interface UnitWriter {
  readonly count: (value: number) => string;
  readonly percent: (share: number) => string;
  readonly bitrate: (bps: number) => string;
  readonly ms: (value: number) => string;
  readonly mos: (value: number) => string;
  readonly duration: (ms: number) => string;
}

const BITRATES = [
  [1e9, 'Gbit/s'],
  [1e6, 'Mbit/s'],
  [1e3, 'kbit/s'],
] as const;

export function createUnitWriter(locale: string): UnitWriter {
  const upTo = (digits: number) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
  const [whole, tenths, hundredths] = [upTo(0), upTo(1), upTo(2)];
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const unit = (value: number, name: string): string =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
  return {
    count: (value) => tenths.format(value),
    percent: (share) => percent.format(share),
    bitrate: (bps) => {
      const [size, name] = BITRATES.find(([from]) => bps >= from) ?? [1, 'bit/s'];
      return `${(bps / size >= 100 ? whole : tenths).format(bps / size)} ${name}`;
    },
    ms: (value) => `${(value < 10 ? tenths : whole).format(value)} ms`,
    mos: (value) => hundredths.format(value),
    duration: (ms) => {
      const minutes = Math.max(0, Math.floor(ms / 60_000));
      if (minutes < 60) return unit(minutes, 'minute');
      if (minutes < 2_880) return `${unit(Math.floor(minutes / 60), 'hour')} ${unit(minutes % 60, 'minute')}`;
      return `${unit(Math.floor(minutes / 1_440), 'day')} ${unit(Math.floor((minutes % 1_440) / 60), 'hour')}`;
    },
  };
}

export interface SeriesFacts {
  readonly low: number;
  readonly mean: number;
  readonly high: number;
  readonly last: number;
  /** Share of the steps without a value, 0 to 1. */
  readonly gaps: number;
}

/** What a chart says, for who cannot see it; undefined when nothing was measured. */
export function factsOf(values: readonly (number | null)[]): SeriesFacts | undefined {
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return undefined;
  return {
    low: Math.min(...known),
    mean: known.reduce((sum, value) => sum + value, 0) / known.length,
    high: Math.max(...known),
    last,
    gaps: 1 - known.length / values.length,
  };
}

/** A series in at most `rows` equal parts, each the mean of what is known in it: what fits into a table. */
export function inParts(
  values: readonly (number | null)[],
  rows: number,
): { readonly index: number; readonly value: number | null }[] {
  const size = Math.ceil(values.length / rows);
  return Array.from({ length: Math.ceil(values.length / size) }, (_, part) => ({
    index: part * size,
    value: factsOf(values.slice(part * size, (part + 1) * size))?.mean ?? null,
  }));
}

/** `router.example.org:8443` of an address; the address itself when it is none. */
export const hostOf = (address: string): string => (URL.canParse(address) ? new URL(address).host : address);
