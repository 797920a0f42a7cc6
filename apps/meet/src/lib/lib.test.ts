import { describe, expect, test } from 'vitest';
import { readAddress, spacedNumber } from './address.ts';
import { hueCount, hueOf, initialsOf } from './faces.ts';
import { linkify } from './linkify.ts';

describe('address', () => {
  test.each([
    ['/j/123456789', '#pwd=abc123', { isMeeting: true, number: '123456789', passcode: 'abc123' }],
    ['/j/12345678901/', '', { isMeeting: true, number: '12345678901', passcode: null }],
    ['/j/123', '#pwd=', { isMeeting: true, number: null, passcode: null }],
    ['/j/１２３４５６７８９', '', { isMeeting: true, number: null, passcode: null }],
    ['/schedule', '', { isMeeting: false, number: null, passcode: null }],
  ])('%s%s', (pathname, hash, expected) => {
    expect(readAddress({ pathname, hash })).toEqual(expected);
  });
  test('numbers are read in groups', () => {
    expect(spacedNumber('1234567890')).toBe('123 456 7890');
  });
});

describe('faces', () => {
  test.each([
    ['Ada Lovelace', 'AL'],
    ['  ben ', 'B'],
    ['María de la Cruz', 'MC'],
    ['👩‍🚀 Zoë', '👩‍🚀Z'],
  ])('%s → %s', (name, initials) => expect(initialsOf(name)).toBe(initials));
  test('a colour stays with its id', () => {
    expect(hueOf('prt_1')).toBe(hueOf('prt_1'));
    expect(hueOf('prt_2')).toBeLessThan(hueCount);
  });
});

describe('links in chat', () => {
  test('addresses are told apart from the sentence around them', () => {
    expect(linkify('See https://example.org/a?b=1, then (http://x.test).')).toEqual([
      { text: 'See ' },
      { text: 'https://example.org/a?b=1', href: 'https://example.org/a?b=1' },
      { text: ', then (' },
      { text: 'http://x.test', href: 'http://x.test' },
      { text: ').' },
    ]);
  });
  test.each(['javascript:alert(1)', 'data:text/html,x', 'plain', 'https://'])('%s stays text', (text) => {
    expect(linkify(text).every((part) => part.href === undefined)).toBe(true);
  });
});
