import { assert, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { gridBoxes, stageBoxes, type Box } from './tile-grid.ts';

const overlap = (a: Box, b: Box): boolean =>
  a.leftPx < b.leftPx + b.widthPx &&
  b.leftPx < a.leftPx + a.widthPx &&
  a.topPx < b.topPx + b.heightPx &&
  b.topPx < a.topPx + a.heightPx;

const isInside = (box: Box, widthPx: number, heightPx: number): boolean =>
  box.leftPx >= 0 &&
  box.topPx >= 0 &&
  box.leftPx + box.widthPx <= widthPx + 1 &&
  box.topPx + box.heightPx <= heightPx + 1;

const size = integer({ min: 280, max: 3000 });

test('tiles are equal, stay inside and never cover each other', () => {
  assert(
    property(integer({ min: 1, max: 25 }), size, size, (count, widthPx, heightPx) => {
      const boxes = gridBoxes(count, { widthPx, heightPx });
      expect(boxes).toHaveLength(count);
      for (const [index, box] of boxes.entries()) {
        expect(isInside(box, widthPx, heightPx)).toBe(true);
        expect([box.widthPx, box.heightPx]).toEqual([boxes[0]?.widthPx, boxes[0]?.heightPx]);
        for (const other of boxes.slice(index + 1)) expect(overlap(box, other)).toBe(false);
      }
    }),
  );
});

test('a lone tile fills the area as far as its shape allows', () => {
  expect(gridBoxes(1, { widthPx: 1600, heightPx: 900 })).toEqual([
    { leftPx: 0, topPx: 0, widthPx: 1600, heightPx: 900 },
  ]);
});

test('a lone tile on a phone is as tall as the screen, more of them are not', () => {
  const phone = { widthPx: 374, heightPx: 700 };
  expect(gridBoxes(1, phone)).toEqual([{ leftPx: 0, topPx: 0, ...phone }]);
  for (const box of gridBoxes(2, phone)) expect(box.heightPx).toBeLessThanOrEqual(350);
});

test('two people stand beside each other on a desk and above each other on a phone', () => {
  const desk = gridBoxes(2, { widthPx: 1280, heightPx: 640 });
  expect(desk[0]?.topPx).toBe(desk[1]?.topPx);
  const phone = gridBoxes(2, { widthPx: 390, heightPx: 640 });
  expect(phone[0]?.leftPx).toBe(phone[1]?.leftPx);
});

test('the stage and its strip stay inside and apart', () => {
  assert(
    property(integer({ min: 0, max: 6 }), size, size, (count, widthPx, heightPx) => {
      const { main, strip } = stageBoxes(count, { widthPx, heightPx });
      for (const box of [main, ...strip]) expect(isInside(box, widthPx, heightPx)).toBe(true);
      for (const box of strip) expect(overlap(main, box)).toBe(false);
    }),
  );
});
