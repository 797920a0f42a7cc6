/** The oldest version that may host new meetings, from an instant on. */
export interface MinimumVersion {
  readonly version: string;
  /** Epoch ms: before it an older version is only warned. */
  readonly fromMs: number;
}

/** `ok`: new enough. `warned`: too old, and still allowed. `refused`: takes no new meetings. */
export type VersionStanding = 'ok' | 'warned' | 'refused';

/**
 * How a node of this version stands; without a minimum every version is `ok`.
 * @param nowMs epoch ms
 */
export function versionStanding(
  version: string,
  minimum: MinimumVersion | null | undefined,
  nowMs: number,
): VersionStanding {
  if (!minimum || compareVersions(version, minimum.version) >= 0) return 'ok';
  return nowMs >= minimum.fromMs ? 'refused' : 'warned';
}

/**
 * Negative when `a` is older. Order of semver.org 2.0.0, item 11, for any number of dotted numbers; what follows `+` does
 * not count. Before the dash, what is no number is older than every number: a version nobody can read never passes.
 */
export function compareVersions(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  const order = compareLists(left.numbers, right.numbers, { missing: '0', newer: 'number' });
  return order === 0 ? comparePre(left.pre, right.pre) : order;
}

function partsOf(text: string): { readonly numbers: string[]; readonly pre: string[] } {
  const [plain = ''] = text.split('+', 1);
  const dash = plain.indexOf('-');
  if (dash === -1) return { numbers: plain.split('.'), pre: [] };
  return { numbers: plain.slice(0, dash).split('.'), pre: plain.slice(dash + 1).split('.') };
}

/** A release is newer than its pre-releases; of two pre-releases the one with more parts is newer. */
function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  const order = compareLists(a.slice(0, b.length), b.slice(0, a.length), { missing: '0', newer: 'word' });
  return order === 0 ? a.length - b.length : order;
}

interface PartRule {
  readonly missing: string;
  /** What wins where a number meets a word. */
  readonly newer: 'number' | 'word';
}

function compareLists(a: readonly string[], b: readonly string[], rule: PartRule): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = compareParts(a[index] ?? rule.missing, b[index] ?? rule.missing, rule);
    if (order !== 0) return order;
  }
  return 0;
}

const digits = /^[0-9]+$/u;

function compareParts(a: string, b: string, { newer }: PartRule): number {
  const isNumber = digits.test(a);
  if (isNumber !== digits.test(b)) return isNumber === (newer === 'number') ? 1 : -1;
  if (!isNumber) return a < b ? -1 : a > b ? 1 : 0;
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
