import { describe, expect, test } from 'vitest';
import { errorCodes } from '@guildhall/protocol';
import { errorSentence, translationGaps } from '@guildhall/ui';
import * as fc from 'fast-check';
import { en } from '../words/en.ts';
import { es } from '../words/es.ts';
import { calendarDaysAhead, createTimeWriter, offsetName } from './format.ts';
import { joinPath, parseJoinInput, spacedNumber } from './join.ts';
import { epochToWall, nextSlotMs, wallToEpochMs, zoneOffsetMinutes } from './wall-time.ts';

test('English and Spanish say the same things', () => {
  expect(translationGaps(en, es)).toEqual([]);
});

test('every registered error has a Spanish sentence', () => {
  const untold = Object.keys(errorCodes).filter((code) => errorSentence('es', code, '') === '');
  expect(untold).toEqual([]);
});

describe('join input', () => {
  test('numbers in any spacing', () => {
    expect(parseJoinInput(' 482 193-0551 ')).toEqual({ number: '4821930551', passcode: null });
    expect(parseJoinInput('12345678')).toBeUndefined();
    expect(parseJoinInput('123456789012')).toBeUndefined();
    expect(parseJoinInput('482193o551')).toBeUndefined();
  });
  test('a pasted link brings its passcode along', () => {
    expect(parseJoinInput('https://meet.example.org/j/4821930551#pwd=Ab%2B1')).toEqual({
      number: '4821930551',
      passcode: 'Ab+1',
    });
    expect(parseJoinInput('https://meet.example.org/x/4821930551')).toBeUndefined();
  });
  test('what is handed out can be read back', () => {
    const passcode = fc.option(fc.stringMatching(/^[A-Za-z0-9]{4,12}$/u), { nil: null });
    fc.assert(
      fc.property(fc.stringMatching(/^\d{9,11}$/u), passcode, (number, code) => {
        expect(parseJoinInput(`http://localhost:8080${joinPath({ number, passcode: code })}`)).toEqual({
          number,
          passcode: code,
        });
        expect(parseJoinInput(spacedNumber(number))?.number).toBe(number);
      }),
    );
  });
});

describe('wall time', () => {
  const madrid = 'Europe/Madrid';
  test('summer and winter offsets', () => {
    expect(wallToEpochMs('2026-07-01', '10:00', madrid)).toBe(Date.UTC(2026, 6, 1, 8));
    expect(wallToEpochMs('2026-12-01', '10:00', madrid)).toBe(Date.UTC(2026, 11, 1, 9));
    expect(zoneOffsetMinutes(Date.UTC(2026, 0, 1), 'Asia/Kathmandu')).toBe(345);
  });
  test('a skipped time moves on, a doubled one is the first', () => {
    expect(wallToEpochMs('2026-03-29', '02:30', madrid)).toBe(Date.UTC(2026, 2, 29, 1, 30));
    expect(wallToEpochMs('2026-10-25', '02:30', madrid)).toBe(Date.UTC(2026, 9, 25, 0, 30));
  });
  test('there and back', () => {
    const zones = fc.constantFrom('UTC', madrid, 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia');
    const minutes = fc.integer({ min: 24_000_000, max: 40_000_000 });
    fc.assert(
      fc.property(minutes, zones, (minute, zone) => {
        const wall = epochToWall(minute * 60_000, zone);
        expect(epochToWall(wallToEpochMs(wall.date, wall.time, zone), zone)).toEqual(wall);
      }),
    );
  });
  test('the next slot is a half hour, and not this very minute', () => {
    expect(nextSlotMs(Date.UTC(2026, 0, 1, 9, 28))).toBe(Date.UTC(2026, 0, 1, 10, 0));
    expect(nextSlotMs(Date.UTC(2026, 0, 1, 9, 10))).toBe(Date.UTC(2026, 0, 1, 9, 30));
  });
});

describe('format', () => {
  test('days are counted by the calendar of the reader', () => {
    const lateMs = Date.UTC(2026, 10, 21, 22, 50);
    const nextMs = Date.UTC(2026, 10, 21, 23, 10);
    expect(calendarDaysAhead(nextMs, lateMs, 'Europe/Madrid')).toBe(1);
    expect(calendarDaysAhead(nextMs, lateMs, 'UTC')).toBe(0);
  });
  test('relative times and zones in the language of the page', () => {
    const nowMs = Date.UTC(2026, 10, 21, 12);
    expect(createTimeWriter('en-GB', 'UTC').ago(nowMs - 120_000, nowMs)).toBe('2 minutes ago');
    expect(createTimeWriter('es-ES', 'UTC').ago(nowMs - 3_600_000, nowMs)).toBe('hace 1 hora');
    expect(createTimeWriter('en-GB', 'UTC').zone('Europe/Madrid', nowMs)).toBe('Madrid (GMT+1)');
    expect([offsetName(-210), offsetName(0)]).toEqual(['GMT-3:30', 'GMT']);
  });
});
