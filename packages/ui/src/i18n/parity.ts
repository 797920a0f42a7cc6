import type { Messages } from './types.ts';

const PLACE = /\{\{\s*([^},\s]+)[^}]*\}\}/gu;

/**
 * What two languages of the same pages disagree on: keys only one has, empty words, and texts whose
 * `{{places}}` differ. Empty when they match. For tests.
 */
export function translationGaps(left: Messages, right: Messages, path = ''): string[] {
  const gaps: string[] = [];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const here = path ? `${path}.${key}` : key;
    const a = left[key];
    const b = right[key];
    if (a === undefined || b === undefined)
      gaps.push(`${here}: only in ${a === undefined ? 'second' : 'first'}`);
    else if (typeof a === 'string' && typeof b === 'string') {
      if (!a.trim() || !b.trim()) gaps.push(`${here}: empty`);
      const places = (text: string): string =>
        [...text.matchAll(PLACE)]
          .map((hit) => hit[1])
          .toSorted()
          .join();
      if (places(a) !== places(b)) gaps.push(`${here}: places differ`);
    } else if (typeof a === 'object' && typeof b === 'object') gaps.push(...translationGaps(a, b, here));
    else gaps.push(`${here}: text against group`);
  }
  return gaps;
}
