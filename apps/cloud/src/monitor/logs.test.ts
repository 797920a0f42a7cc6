import { expect, test } from 'vitest';
import { csvCell, exported } from './logs.ts';

test('text that a spreadsheet would run or break on is made harmless', () => {
  expect(csvCell('=cmd|calc')).toBe("'=cmd|calc");
  expect(csvCell('@sum(1,2)')).toBe(`"'@sum(1,2)"`);
  expect(csvCell('say "no"\nnow')).toBe('"say ""no""\nnow"');
  expect(csvCell('plain – ok')).toBe('plain – ok');
});

const entry = (index: number) => ({ atMs: index, id: `evt_${index}`, kind: 'k', label: `line ${index}` });
type Entry = ReturnType<typeof entry>;

/** A log of `count` entries that tells how many pages were asked for. */
function log(count: number) {
  const asked: number[] = [];
  const read = async ({
    after,
    limit,
  }: {
    after?: { atMs: number } | undefined;
    limit: number;
  }): Promise<Entry[]> => {
    asked.push(limit);
    const from = (after?.atMs ?? count) - 1;
    return Array.from({ length: Math.min(limit, Math.max(0, from + 1)) }, (_, index) => entry(from - index));
  };
  return { asked, read };
}

test('an export reads page after page, only as fast as it is taken, and ends well', async () => {
  const { asked, read } = log(1_250);
  const stream = exported(read, { limit: 0 }, 'json', ['kind', 'label']);
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  expect(JSON.parse(text)).toHaveLength(1_250);
  expect(asked).toEqual([500, 500, 500]);
  const empty: string[] = [];
  for await (const chunk of exported(log(0).read, { limit: 0 }, 'json', ['kind'])) empty.push(String(chunk));
  expect(JSON.parse(empty.join(''))).toEqual([]);

  const large = log(1_000_000);
  const slow = exported(large.read, { limit: 0 }, 'csv', ['kind', 'label']);
  for await (const _chunk of slow) if (large.asked.length >= 2) break;
  expect(large.asked.length).toBeLessThan(10);
});
