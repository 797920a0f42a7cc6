import { ParticipantIdSchema } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { Wishes } from './wishes.ts';

const tile = (name: string, widthPx: number) => ({
  participantId: ParticipantIdSchema.parse(`prt_${name.padEnd(10, '0')}`),
  source: 'camera' as const,
  widthPx,
  heightPx: 100,
});
const widths = (paced: { readonly tiles: readonly { readonly widthPx: number }[] }): number[] =>
  paced.tiles.map((one) => one.widthPx);

test('a picture just asked for keeps its size a moment, newcomers are asked for at once', () => {
  const wishes = new Wishes();
  expect(widths(wishes.pace([tile('a', 640)], 0))).toEqual([640]);
  const soon = wishes.pace([tile('a', 1280), tile('b', 300)], 100);
  expect(widths(soon)).toEqual([640, 300]);
  expect(soon.againInMs).toBe(1_100);
  const later = wishes.pace([tile('a', 1280), tile('b', 300)], 1_300);
  expect(widths(later)).toEqual([1280, 300]);
  expect(later.againInMs).toBeNull();
});

test('a tile grows at once and shrinks only when it stays small', () => {
  const wishes = new Wishes();
  wishes.pace([tile('a', 640)], 0);
  expect(widths(wishes.pace([tile('a', 1280)], 5_000))).toEqual([1280]);
  const smaller = wishes.pace([tile('a', 320)], 6_000);
  expect([widths(smaller), smaller.againInMs]).toEqual([[1280], 2_500]);
  expect(widths(wishes.pace([tile('a', 1280)], 7_000))).toEqual([1280]);
  expect(widths(wishes.pace([tile('a', 320)], 8_000))).toEqual([1280]);
  expect(widths(wishes.pace([tile('a', 320)], 10_600))).toEqual([320]);
});

test('what is not drawn any more is not asked for, and comes back as new', () => {
  const wishes = new Wishes();
  wishes.pace([tile('a', 640)], 0);
  expect(wishes.pace([], 100)).toEqual({ tiles: [], againInMs: null });
  expect(widths(wishes.pace([tile('a', 320)], 200))).toEqual([320]);
});
