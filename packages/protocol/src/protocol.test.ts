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
  test.each(['\u202eevil', 'a\nb', 'a\u0000', '   ', 'zero\u200bwidth', '\ud800'])(
    '%j is refused',
    (text) => {
      expect(lineText(64).safeParse(text).success).toBe(false);
    },
  );
  test.each(['Zoë', '李雷', "O'Brien <b>", '👩‍🚀 Zu', '👩🏽 Ana'])('%j is kept as it is', (text) => {
    expect(lineText(64).parse(text)).toBe(text);
  });
  test('a meeting number has ASCII digits only', () => {
    expect(MeetingNumber.safeParse('１２３４５６７８９').success).toBe(false);
    expect(MeetingNumber.safeParse('123456789').success).toBe(true);
    expect(MeetingNumber.safeParse('123456789012').success).toBe(false);
  });
});
