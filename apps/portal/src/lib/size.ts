const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** A file's size as people say it, in decimal units: "1.2 GB". */
export function sizeText(sizeBytes: number, language: string): string {
  let value = sizeBytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[unit] ?? 'kilobyte',
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}
