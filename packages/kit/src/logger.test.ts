import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { FakeClock } from './fake-clock.ts';
import { createLogger, type Logger, type LoggerOptions } from './logger.ts';
import { secretKeysOf } from './redact.ts';

const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';

function capture(options: Partial<LoggerOptions> = {}): {
  logger: Logger;
  lines: Record<string, unknown>[];
  raw: string[];
} {
  const lines: Record<string, unknown>[] = [];
  const raw: string[] = [];
  const write = (text: string): void => {
    raw.push(text);
    lines.push(z.record(z.string(), z.unknown()).parse(JSON.parse(text)));
  };
  return {
    logger: createLogger({ role: 'mmr', level: 'debug', destination: { write }, ...options }),
    lines,
    raw,
  };
}

test('one JSON line with role, level word, time and facts', () => {
  const { logger, lines } = capture();
  logger.child({ meeting: 'mtg_1' }).info({ people: 3 }, 'meeting opened');
  expect(lines).toMatchObject([
    { level: 'info', role: 'mmr', pid: process.pid, meeting: 'mtg_1', people: 3, msg: 'meeting opened' },
  ]);
  expect(Date.parse(String(lines[0]?.['time']))).not.toBeNaN();
});

describe('secrets never reach a line', () => {
  test.each([
    ['by name', { password: 'hunter2' }],
    ['by name, deep', { a: [{ b: { sessionToken: 'hunter2', cookie: ['hunter2'] } }] }],
    ['by the look of a JWT', { note: `got ${jwt} here` }],
    ['in a header', { headers: { authorization: 'Bearer hunter2' } }],
    ['after Bearer', { note: 'sent Bearer hunter2-xyz to it' }],
    ['in a join link', { url: 'https://x/j/123456789#pwd=hunter2' }],
    ['in an error', { err: new Error(`refused ${jwt}`, { cause: { secret: 'hunter2' } }) }],
    ['in a child', {}],
  ])('%s', (_how, facts) => {
    const { logger, raw } = capture();
    logger.child({ ticket: 'hunter2' }).warn(facts, `text with ${jwt}`);
    expect(raw.join('')).not.toMatch(/hunter2|eyJhbGci/);
    expect(raw).toHaveLength(1);
  });

  test('by the mark of a schema', () => {
    const schema = z.object({
      outer: z.array(
        z.object({ answerToAll: z.string().meta({ sensitivity: 'secret' }).optional(), plain: z.string() }),
      ),
      either: z.union([z.object({ odd: z.number().meta({ sensitivity: 'secret' }) }), z.string()]),
    });
    expect(secretKeysOf(schema).toSorted()).toEqual(['answerToAll', 'odd']);
    const { logger, raw } = capture({ secretKeys: secretKeysOf(schema) });
    logger.info({ outer: [{ answerToAll: 'hunter2', plain: 'seen' }] }, 'x');
    expect(raw[0]).toContain('seen');
    expect(raw[0]).not.toContain('hunter2');
  });

  test('what only sounds like one is kept', () => {
    const { logger, lines } = capture();
    logger.info({ passcodeRequired: true, tokenCount: 4, ticketId: 'tic_1' }, 'x');
    expect(lines[0]).toMatchObject({ passcodeRequired: true, tokenCount: 4, ticketId: 'tic_1' });
  });
});

test('strange facts do not break it: circles, depth, size, bytes, maps, bad dates', () => {
  const { logger, raw, lines } = capture();
  const circle: Record<string, unknown> = { name: 'c' };
  circle['self'] = circle;
  let deep: Record<string, unknown> = {};
  for (let depth = 0; depth < 10_000; depth++) deep = { deep };
  logger.info(
    { circle, deep, long: 'x'.repeat(1e6), bytes: new Uint8Array(1e6), map: new Map([[1, 2]]) },
    'x',
  );
  logger.info({ date: new Date(Number.NaN), big: 1n, list: Array.from({ length: 1e5 }, () => 'item') }, 'y');
  expect(Math.max(...raw.map((text) => text.length))).toBeLessThan(10_000);
  expect(lines[0]).toMatchObject({ bytes: '[1000000 bytes]', circle: { self: '[circular]' } });
});

test('sampled lines pass once in a period and count what they kept back', async () => {
  const clock = new FakeClock();
  const { logger, lines } = capture({ clock });
  for (let count = 0; count < 10; count++) logger.sampled('drop', 1_000).warn('dropped');
  logger.sampled('other', 1_000).warn('other');
  await clock.advance(1_000);
  logger.child({ a: 1 }).sampled('drop', 1_000).warn('dropped');
  expect(lines.map(({ msg, suppressed }) => [msg, suppressed])).toEqual([
    ['dropped', undefined],
    ['other', undefined],
    ['dropped', 9],
  ]);
});
