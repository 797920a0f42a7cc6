import { expect, test } from 'vitest';
import { emptyOrder, nextOrder } from './tile-order.ts';

test('nobody moves when somebody on the page speaks, newcomers come last, who left is gone', () => {
  const first = nextOrder(emptyOrder, ['a', 'b', 'c'], null, 4);
  expect(first.ids).toEqual(['a', 'b', 'c']);
  const spoken = nextOrder(first, ['a', 'b', 'c'], 'c', 4);
  expect(spoken.ids).toEqual(['a', 'b', 'c']);
  expect(nextOrder(spoken, ['c', 'd', 'a'], 'c', 4).ids).toEqual(['a', 'c', 'd']);
});

test('a speaker on a later page changes places with whoever was silent longest', () => {
  let order = nextOrder(emptyOrder, ['a', 'b', 'c', 'd'], 'a', 2);
  order = nextOrder(order, ['a', 'b', 'c', 'd'], 'd', 2);
  expect(order.ids).toEqual(['a', 'd', 'c', 'b']);
  order = nextOrder(order, ['a', 'b', 'c', 'd'], 'b', 2);
  expect(order.ids).toEqual(['b', 'd', 'c', 'a']);
});

test('nothing new gives the very same order', () => {
  const order = nextOrder(emptyOrder, ['a', 'b'], 'a', 4);
  expect(nextOrder(order, ['a', 'b'], 'a', 4)).toBe(order);
  expect(nextOrder(order, ['a', 'b'], null, 4)).toBe(order);
});
