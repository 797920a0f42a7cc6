import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { consoleErrors } from './errors/console.ts';
import { generalErrors } from './errors/general.ts';
import { meetingErrors } from './errors/meeting.ts';
import { zoneErrors } from './errors/zone.ts';
import {
  cascadeContract,
  controlContract,
  type Contract,
  errorCodes,
  gatewayContract,
  idPrefixes,
  isErrorCode,
  blockText,
  lineText,
  MeetingIdSchema,
  meetingContract,
  pairContract,
  MeetingNumber,
  newIdText,
  zoneContract,
} from './index.ts';

const contracts: readonly Contract[] = [
  meetingContract,
  zoneContract,
  cascadeContract,
  pairContract,
  controlContract,
  gatewayContract,
];

describe('contracts', () => {
  test('name only registered errors', () => {
    for (const contract of contracts)
      for (const half of [contract.a, contract.b])
        for (const [name, request] of Object.entries(half.requests))
          for (const code of request.errors)
            expect(isErrorCode(code), `${contract.name} ${name} ${code}`).toBe(true);
  });
});

describe('error registry', () => {
  test('no code stands in two groups, where the later one would silently win', () => {
    const codes = [generalErrors, meetingErrors, zoneErrors, consoleErrors].flatMap((group) =>
      Object.keys(group),
    );
    expect(codes).toHaveLength(Object.keys(errorCodes).length);
  });

  test('every sentence is a sentence and every status an error status', () => {
    for (const [code, entry] of Object.entries(errorCodes)) {
      expect(entry.sentence, code).toMatch(/^[A-Z][^!]*\.$/u);
      expect(entry.http, code).toBeGreaterThanOrEqual(400);
      expect(entry.http, code).toBeLessThan(600);
    }
  });
});

describe('ids', () => {
  test('what is made is accepted, and only under its own kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 22, maxLength: 22 }), (bytes) => {
        for (const kind of Object.keys(idPrefixes) as (keyof typeof idPrefixes)[]) {
          const id = newIdText(kind, () => bytes);
          expect(MeetingIdSchema.safeParse(id).success).toBe(kind === 'meeting');
        }
      }),
    );
  });
});

describe('text a person types', () => {
  test.each([
    ['an override of direction', '\u202eevil'],
    ['an Arabic letter mark', 'a\u061cb'],
    ['a line feed', 'a\nb'],
    ['a NUL', 'a\u0000'],
    ['blanks', '   '],
    ['a space of no width', 'zero\u200bwidth'],
    ['a soft hyphen', 'ad\u00admin'],
    ['a Hangul filler', '\u3164'],
    ['half a Hangul filler', 'a\uffa0'],
    ['tags', 'a\u{e0061}\u{e0062}'],
    ['joiners alone', '\u200d\u200c'],
    ['variation selectors alone', '\ufe0f\ufe0f'],
    ['Braille without dots', '\u2800'],
    ['a mark without a letter', '\u0301'],
    ['a pile of marks', `a${'\u0301'.repeat(9)}`],
    ['half of a pair', '\ud800'],
  ])('%s: refused', (_what, text) => {
    expect(lineText(64).safeParse(text).success).toBe(false);
  });
  test.each([
    'Zoë',
    'Nguyễn Thị Ánh',
    '李雷',
    '김철수',
    'عبد الله',
    'שָׁלוֹם',
    'क्षत्रिय',
    'می‌خواهم',
    "O'Brien <b>",
    '👩‍🚀 Zu',
    '👩🏽 Ana',
    '❤️',
    '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} Isla',
  ])('%j is kept as it is', (text) => {
    expect(lineText(64).parse(text)).toBe(text);
    expect(blockText(64).parse(`${text}\n\t${text}`)).toBe(`${text}\n\t${text}`);
  });
  test('blanks around a name do not make another one of it', () => {
    expect(lineText(5).parse(' \u3000Owner\u00a0 ')).toBe('Owner');
  });
  test('a meeting number has ASCII digits only', () => {
    expect(MeetingNumber.safeParse('１２３４５６７８９').success).toBe(false);
    expect(MeetingNumber.safeParse('123456789').success).toBe(true);
    expect(MeetingNumber.safeParse('123456789012').success).toBe(false);
  });
});
