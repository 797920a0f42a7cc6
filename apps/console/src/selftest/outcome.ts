import type { SelfTestResult } from '@guildhall/protocol';

/** How a check ended; the words for `reason` are the page's. */
export type Outcome = Omit<SelfTestResult, 'check'>;

const outcome =
  (state: Outcome['state']) =>
  (reason: string, values: Readonly<Record<string, string | number>> = {}): Outcome => ({
    state,
    reason,
    values: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, String(value).slice(0, 300)]),
    ),
  });

export const ok = outcome('ok');
export const warn = outcome('warn');
export const fail = outcome('fail');
export const skipped = outcome('skipped');
