import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GuildhallError } from './errors.ts';
import { encodeEvent } from './peer.ts';
import { customerPeer, ManualClock, openShop, rawEnd, shopContract, turn } from './testing.ts';
import { memoryPipePair } from './pipe.ts';

const answerWith = (code: string, more: object = {}): unknown =>
  expect.objectContaining({
    error: expect.objectContaining({ data: expect.objectContaining({ code, ...more }) }),
  });

/** The code with which it fails. Watches at once, so that no rejection is ever unhandled. */
const codeOf = (request: Promise<unknown>): Promise<unknown> =>
  request.then(
    () => 'answered',
    (error: unknown) => (error instanceof GuildhallError ? error.code : error),
  );

describe('requests', () => {
  test('go both ways, with defaults filled in by the contract', async () => {
    const { shop, customer } = openShop();
    expect(await customer.request('item.add', { name: 'nail' })).toEqual({ total: 1 });
    expect(await shop.request('price.ask', { name: 'nail' })).toEqual({ cents: 100 });
  });

  test('a wrong input is refused before it is sent, with the field', async () => {
    const { customer } = openShop();
    const failure = customer.request('item.add', { name: '', count: 1 });
    await expect(failure).rejects.toMatchObject({ code: 'request.invalid', field: 'name' });
  });

  test("a handler's refusal arrives whole", async () => {
    const { customer } = openShop({
      handlers: {
        'item.add': () => {
          throw new GuildhallError('shop.full', 'No room.', {
            retryAfterMs: 5,
            field: 'count',
            details: { left: 0 },
          });
        },
      },
    });
    await expect(customer.request('item.add', { name: 'x' })).rejects.toMatchObject({
      code: 'shop.full',
      message: 'No room.',
      retryAfterMs: 5,
      field: 'count',
      details: { left: 0 },
    });
  });

  test('a fault of ours crosses as internal, without its text or stack; the log has both', async () => {
    const logged: object[] = [];
    const logger = { warn: () => undefined, error: (facts: object) => logged.push(facts) };
    const { customer } = openShop({
      handlers: {
        'item.add': () => {
          throw new TypeError('secret detail');
        },
      },
      logger,
    });
    const error: unknown = await customer
      .request('item.add', { name: 'x' })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/secret detail|peer\.test/);
    expect(logged).toMatchObject([{ request: 'item.add', err: { message: 'secret detail' } }]);
  });

  test('an answer of ours which breaks the contract is an internal error', async () => {
    const { customer } = openShop({ handlers: { 'item.add': () => ({ total: 0.5 }) } });
    await expect(customer.request('item.add', { name: 'x' })).rejects.toMatchObject({ code: 'internal' });
  });

  test('a missing answer ends at the deadline, and a late one harms nobody', async () => {
    const clock = new ManualClock();
    const late = Promise.withResolvers<Record<string, never>>();
    const { customer } = openShop({ handlers: { 'shop.wait': () => late.promise } }, { clock });
    const failure = codeOf(customer.request('shop.wait', {}, { deadlineMs: 50 }));
    await clock.advance(51);
    expect(await failure).toBe('request.timeout');
    late.resolve({});
    await turn();
    expect(clock.timers).toBe(0);
    expect(await customer.request('item.add', { name: 'x' })).toEqual({ total: 1 });
  });

  test('can be cancelled', async () => {
    const { customer } = openShop();
    const abort = new AbortController();
    const failure = codeOf(customer.request('shop.wait', {}, { signal: abort.signal }));
    abort.abort();
    expect(await failure).toBe('request.cancelled');
    await expect(customer.request('shop.wait', {}, { signal: abort.signal })).rejects.toMatchObject({
      code: 'request.cancelled',
    });
  });

  test('beyond the limit in flight are refused, the others go on', async () => {
    const gate = Promise.withResolvers<Record<string, never>>();
    const { customer } = openShop({
      handlers: { 'shop.wait': () => gate.promise },
      limits: { maxInFlight: 2 },
    });
    const waiting = [customer.request('shop.wait', {}), customer.request('shop.wait', {})];
    await expect(customer.request('shop.wait', {})).rejects.toMatchObject({ code: 'rate.limited' });
    gate.resolve({});
    expect(await Promise.all(waiting)).toEqual([{}, {}]);
  });
});

describe('order', () => {
  test('an answer reaches its caller before what was told after it, even in one burst', async () => {
    const log: string[] = [];
    const { customer, shop } = openShop({
      handlers: {
        'item.add': (_input, context) => {
          const answer = context.reply({ total: 1 });
          shop.emit('total.changed', { total: 1 });
          shop.emit('total.changed', { total: 2 });
          return answer;
        },
      },
    });
    customer.on('total.changed', ({ total }) => log.push(`event ${total}`));
    const wrapped = async (): Promise<void> => {
      await customer.request('item.add', { name: 'x' });
      log.push('answer');
    };
    await wrapped();
    await turn();
    expect(log).toEqual(['answer', 'event 1', 'event 2']);
  });

  test('events arrive in the order told; one listener failing does not keep the others from hearing', async () => {
    const { shop, customer } = openShop();
    const heard: number[] = [];
    customer.on('total.changed', () => {
      throw new Error('listener');
    });
    customer.on('total.changed', ({ total }) => heard.push(total));
    for (let total = 0; total < 100; total++) shop.emit('total.changed', { total });
    await turn();
    expect(heard).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });
});

describe('events', () => {
  test('one encoded event serves many peers; keys outside the contract never leave', async () => {
    const { shop, customer } = openShop();
    const heard: unknown[] = [];
    customer.onAny((name, data) => heard.push([name, data]));
    const withMore = { total: 3, secret: 'x' };
    const event = encodeEvent(shopContract, 'a', 'total.changed', withMore);
    expect(event.text).not.toContain('secret');
    shop.emitEncoded(event);
    shop.emitEncoded(event);
    await turn();
    expect(heard).toEqual([
      ['total.changed', { total: 3 }],
      ['total.changed', { total: 3 }],
    ]);
  });

  test('a wrong one of our own throws here instead of confusing the other side', () => {
    const { shop } = openShop();
    expect(() => shop.emit('total.changed', { total: 0.5 })).toThrow(GuildhallError);
  });

  test('an unknown or invalid one from the other side is ignored', async () => {
    const { pipe, ask } = rawEnd();
    pipe.send('{"jsonrpc":"2.0","method":"nonsense","params":{}}');
    pipe.send('{"jsonrpc":"2.0","method":"customer.left","params":{"why":1}}');
    expect(await ask('{"jsonrpc":"2.0","id":1,"method":"item.add","params":{"name":"x"}}')).toMatchObject({
      id: 1,
      result: { total: 1 },
    });
  });
});

describe('close', () => {
  test('rejects what is pending, aborts what is served, resolves closed on both sides', async () => {
    const served = Promise.withResolvers<AbortSignal>();
    const { shop, customer } = openShop({
      handlers: {
        'shop.wait': (_input, { signal }) => {
          served.resolve(signal);
          return new Promise(() => undefined);
        },
      },
    });
    const pending = customer.request('shop.wait', {});
    const signal = await served.promise;
    shop.close(4410, 'shop closed');
    shop.close(4999, 'again');
    await expect(pending).rejects.toMatchObject({ code: 'link.closed' });
    expect(await customer.closed).toEqual({ code: 4410, reason: 'shop closed' });
    expect(await shop.closed).toEqual({ code: 4410, reason: 'shop closed' });
    expect(signal.aborted).toBe(true);
    await expect(customer.request('shop.wait', {})).rejects.toMatchObject({ code: 'link.closed' });
    expect(() => shop.emit('total.changed', { total: 1 })).not.toThrow();
  });

  test('a receiver which does not keep up is closed instead of filling our memory', async () => {
    const [left, right] = memoryPipePair();
    const stuck = { ...left, bufferedBytes: 1_000 };
    const customer = customerPeer(stuck, { limits: { maxBufferedBytes: 999 } });
    customer.emit('customer.left', { why: 'slow' });
    expect(await customer.closed).toMatchObject({ code: 1013 });
    right.close();
  });
});

describe('hostile messages', () => {
  test.each([
    ['broken JSON', '{"jsonrpc"', 'request.malformed'],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"item.add"}]', 'request.malformed'],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"item.add"}', 'request.malformed'],
    ['a duplicate key', '{"jsonrpc":"2.0","id":1,"id":2,"method":"item.add"}', 'request.malformed'],
    [
      'a prototype key',
      '{"jsonrpc":"2.0","id":1,"method":"item.add","params":{"__proto__":{}}}',
      'request.malformed',
    ],
    [
      'deep nesting',
      `{"jsonrpc":"2.0","id":1,"method":"item.add","params":${'['.repeat(40)}${']'.repeat(40)}}`,
      'request.malformed',
    ],
    [
      'an unknown method',
      '{"jsonrpc":"2.0","id":1,"method":"item.steal","params":{}}',
      'request.unknown-method',
    ],
    [
      'an inherited name',
      '{"jsonrpc":"2.0","id":1,"method":"toString","params":{}}',
      'request.unknown-method',
    ],
    [
      "the other half's method",
      '{"jsonrpc":"2.0","id":1,"method":"price.ask","params":{}}',
      'request.unknown-method',
    ],
    ['wrong types', '{"jsonrpc":"2.0","id":1,"method":"item.add","params":{"name":7}}', 'request.invalid'],
    ['a method which is no text', '{"jsonrpc":"2.0","id":1,"method":7}', 'request.malformed'],
    ['no params', '{"jsonrpc":"2.0","id":1,"method":"item.add"}', 'request.invalid'],
  ])('%s gets the registered error and the link stays open', async (_what, text, code) => {
    const { ask } = rawEnd();
    expect(await ask(text)).toEqual(answerWith(code));
    const next = await ask('{"jsonrpc":"2.0","id":"n","method":"item.add","params":{"name":"x"}}');
    expect(next).toEqual({ jsonrpc: '2.0', id: 'n', result: { total: 1 } });
  });

  test('the wrong field is named, the wrong value is not repeated', async () => {
    const { ask } = rawEnd();
    const text = '{"jsonrpc":"2.0","id":1,"method":"item.add","params":{"name":"x","count":"hunter2"}}';
    const answer = await ask(text);
    expect(answer).toEqual(answerWith('request.invalid', { field: 'count' }));
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  test('an oversized message closes the link with 1009', async () => {
    const { ask, shop } = rawEnd({ limits: { maxMessageBytes: 100 } });
    expect(await ask(`"${'x'.repeat(200)}"`)).toEqual(answerWith('request.too-large'));
    expect(await shop.closed).toMatchObject({ code: 1009 });
  });

  test('too many refusals close the link with 4413, and the log stays short', async () => {
    let lines = 0;
    const logger = { warn: () => void lines++, error: () => undefined };
    const { pipe, shop } = rawEnd({ limits: { maxRefusals: 500 }, logger });
    for (let count = 0; count < 501; count++) pipe.send('nonsense');
    expect(await shop.closed).toMatchObject({ code: 4413 });
    expect(lines).toBeLessThan(12);
  });

  test('an id which is still in use is refused, the first request goes on', async () => {
    const gate = Promise.withResolvers<Record<string, never>>();
    const { ask } = rawEnd({ handlers: { 'shop.wait': () => gate.promise } });
    const text = '{"jsonrpc":"2.0","id":7,"method":"shop.wait","params":{}}';
    const first = ask(text);
    expect(await ask(text)).toEqual(answerWith('request.invalid'));
    void first;
  });

  test('10,000 random frames never crash or wedge it', async () => {
    const { pipe, ask } = rawEnd({ limits: { maxRefusals: Infinity } });
    const word = fc.constantFrom(
      'jsonrpc',
      '2.0',
      'id',
      'method',
      'params',
      'result',
      'error',
      'data',
      'item.add',
      'name',
    );
    const frame = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json({ maxDepth: 3 }),
      fc.dictionary(word, fc.oneof(word, fc.jsonValue(), fc.integer())).map((part) => JSON.stringify(part)),
      fc.jsonValue().map((params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'item.add', params })),
      fc.jsonValue().map((error) => JSON.stringify({ jsonrpc: '2.0', id: 1, error })),
      fc.jsonValue().map((result) => JSON.stringify({ jsonrpc: '2.0', id: 1, result })),
    );
    for (const text of fc.sample(frame, 10_000)) pipe.send(text);
    await turn();
    const answer = await ask('{"jsonrpc":"2.0","id":"after","method":"item.add","params":{"name":"x"}}');
    expect(answer).toMatchObject({ id: 'after', result: { total: 1 } });
  });
});
