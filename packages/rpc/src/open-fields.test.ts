import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isGuildhallError } from './errors.ts';
import { readOpen } from './open-fields.ts';
import { createPeer } from './peer.ts';
import { memoryPipePair } from './pipe.ts';

const Item = z.strictObject({
  name: z.string().max(5),
  price: z.strictObject({ cents: z.int() }).optional(),
});

/** The same link as its older end knows it, and its newer one. */
const linkOf = (item: z.ZodType<{ name: string }>, dropsUnknownFields: boolean) => ({
  name: 'shop',
  version: 1,
  ...(dropsUnknownFields && { dropsUnknownFields: true as const }),
  a: {
    requests: {
      add: {
        input: z.strictObject({ item }),
        output: z.strictObject({ items: z.array(item) }),
        errors: [],
        retry: 'safe' as const,
      },
    },
    events: { added: { data: z.strictObject({ item }) } },
  },
  b: { requests: {}, events: {} },
});
const older = z.strictObject({ name: z.string() });
const newer = z.strictObject({ name: z.string(), colour: z.string().optional() });

function link({ a, b }: { a: typeof older | typeof newer; b: typeof older | typeof newer }, isOpen = true) {
  // Only a newer end knows colours.
  const answered = a === newer ? { colour: 'red' } : {};
  const [ours, theirs] = memoryPipePair();
  const got: unknown[] = [];
  const shop = createPeer({
    contract: linkOf(a, isOpen),
    side: 'a',
    pipe: ours,
    handlers: {
      add: (input) => {
        got.push(input);
        return { items: [{ name: 'bolt', ...answered }] };
      },
    },
  });
  const customer = createPeer({ contract: linkOf(b, isOpen), side: 'b', pipe: theirs, handlers: {} });
  return { shop, customer, got };
}

describe('a link between two versions', () => {
  test('an older end drops what it does not know of requests, answers and events', async () => {
    const toOlder = link({ a: older, b: newer });
    const item = { name: 'nut', colour: 'blue' };
    const answer = await toOlder.customer.request('add', { item });
    expect(toOlder.got).toEqual([{ item: { name: 'nut' } }]);
    expect(answer.items).toEqual([{ name: 'bolt' }]);
    const fromNewer = link({ a: newer, b: older });
    const told = new Promise((resolve) => void fromNewer.customer.on('added', resolve));
    fromNewer.shop.emit('added', { item });
    expect(await told).toEqual({ item: { name: 'nut' } });
    expect((await fromNewer.customer.request('add', { item: { name: 'nut' } })).items).toEqual([
      { name: 'bolt' },
    ]);
  });

  test('where people and pages send, an unknown field is refused as before', async () => {
    const { customer, got } = link({ a: older, b: newer }, false);
    const failure = await customer
      .request('add', { item: { name: 'nut', colour: 'blue' } })
      .catch((e: unknown) => e);
    expect(isGuildhallError(failure, 'request.invalid')).toBe(true);
    expect(got).toEqual([]);
  });

  test('what is sent is checked in full: a misspelt field never leaves', async () => {
    const { customer } = link({ a: newer, b: older });
    const failure = await customer
      .request('add', { item: Object.assign({ name: 'nut' }, { colour: 'blue' }) })
      .catch((e: unknown) => e);
    expect(isGuildhallError(failure, 'request.invalid')).toBe(true);
  });
});

describe('reading', () => {
  const unknown = { later: [{ deep: { later: 1 } }] };

  test('unknown fields go at every depth, in lists and in alternatives', () => {
    const Shape = z.strictObject({
      list: z.array(Item),
      either: z.union([z.strictObject({ n: z.int() }), z.strictObject({ s: z.string(), item: Item })]),
      kind: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('one'), item: Item })]),
    });
    const item = { name: 'nut', price: { cents: 1 } };
    const value = { list: [item], either: { s: 'x', item }, kind: { kind: 'one', item } };
    const open = (one: object) => ({ ...one, ...unknown });
    const later = open({ ...item, price: open(item.price) });
    const message = open({
      list: [later, later].slice(1),
      either: open({ s: 'x', item: structuredClone(later) }),
      kind: open({ kind: 'one', item: structuredClone(later) }),
    });
    expect(readOpen(Shape, message).data).toEqual(value);
  });

  test('everything else is as strict as before', () => {
    const item = { name: 'nut', ...unknown };
    expect(readOpen(Item, { ...item, name: 'too long' }).success).toBe(false);
    expect(readOpen(Item, unknown).success).toBe(false);
    expect(readOpen(Item, { ...item, price: { euros: 1 } }).success).toBe(false);
    expect(readOpen(Item, null).success).toBe(false);
    expect(readOpen(Item, [item]).success).toBe(false);
  });
});
