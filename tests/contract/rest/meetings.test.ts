import { Meeting, MeetingList } from '@guildhall/protocol';
import type { z } from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addForeignPerson,
  addPerson,
  signedIn,
  stable,
  startCloud,
  type Person,
  type TestCloud,
} from './cloud.ts';

let cloud: TestCloud;
let host: Person;
beforeAll(async () => {
  cloud = await startCloud();
  host = await signedIn(cloud);
});
afterAll(() => cloud.close());

const HOUR_MS = 3_600_000;
const create = async (body: object): Promise<Meeting> => {
  const answer = await host.call('POST', '/api/v1/meetings', body);
  return answer.parse(Meeting);
};

describe('a meeting', () => {
  test('is made with a number, a passcode and a link without further words', async () => {
    const meeting = await create({});
    expect(meeting).toMatchObject({
      kind: 'instant',
      state: 'upcoming',
      startsAtMs: null,
      topic: 'Owner’s meeting',
    });
    expect(meeting.number).toMatch(/^[1-9][0-9]{9}$/u);
    expect(meeting.joinUrl).toBe(`${cloud.url}/j/${meeting.number}#pwd=${meeting.passcode}`);
    const open = await create({ passcode: false, settings: { lobby: true } });
    expect(open.passcode).toBeNull();
    expect(open.joinUrl).not.toContain('#');
    expect(open.settings).toMatchObject({ lobby: true, guestsAllowed: true });
  });

  test('is planned with a time zone and moved later', async () => {
    const startsAtMs = cloud.clock.now() + HOUR_MS;
    const meeting = await create({ startsAtMs, timeZone: 'Europe/Madrid', topic: 'Plan' });
    expect(meeting).toMatchObject({ kind: 'scheduled', durationMinutes: 60, timeZone: 'Europe/Madrid' });
    const path = `/api/v1/meetings/${meeting.number}`;
    const change = {
      topic: 'New plan',
      startsAtMs: startsAtMs + HOUR_MS,
      passcode: 'abcd',
      settings: { chat: false },
    };
    const moved = (await host.call('PATCH', path, change)).parse(Meeting);
    expect(moved).toMatchObject({ topic: 'New plan', passcode: 'abcd', durationMinutes: 60 });
    expect(moved.settings).toEqual({ ...meeting.settings, chat: false });
    expect((await host.call('GET', path)).parse(Meeting)).toEqual(moved);
    cloud.clock.offsetMs += 4 * HOUR_MS;
    expect((await host.call('GET', path)).parse(Meeting).state).toBe('past');
    expect((await host.call('DELETE', path)).status).toBe(200);
    expect((await host.call('GET', path)).code).toBe('not-found');
  });

  test('of somebody else is byte for byte as missing as one that never was', async () => {
    const { number } = await create({});
    const colleague = await addPerson(host, 'admin');
    const foreigner = await addForeignPerson(cloud);
    for (const person of [colleague, foreigner]) {
      for (const [method, body] of [
        ['GET', undefined],
        ['PATCH', { topic: 'Mine' }],
        ['DELETE', undefined],
      ] as const) {
        const theirs = await person.call(method, `/api/v1/meetings/${number}`, body);
        const none = await person.call(method, '/api/v1/meetings/9999999999', body);
        expect([theirs.status, stable(theirs)]).toEqual([404, stable(none)]);
        expect([...theirs.headers.keys()]).toEqual([...none.headers.keys()]);
      }
      expect((await person.call('GET', '/api/v1/meetings')).parse(MeetingList).meetings).toEqual([]);
    }
    expect((await host.call('GET', `/api/v1/meetings/${number}`)).status).toBe(200);
  });

  test('is listed in pages', async () => {
    const person = await addPerson(host);
    const numbers: string[] = [];
    for (let hour = 1; hour <= 5; hour++) {
      const body = { startsAtMs: cloud.clock.now() + hour * HOUR_MS };
      numbers.push((await person.call('POST', '/api/v1/meetings', body)).parse(Meeting).number);
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: z.output<typeof MeetingList> = (
        await person.call('GET', `/api/v1/meetings?limit=2${query}`)
      ).parse(MeetingList);
      seen.push(...page.meetings.map((meeting) => meeting.number));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(numbers);
  });

  test.each([
    ['startsAtMs', { kind: 'scheduled' }],
    ['startsAtMs', { startsAtMs: -1 }],
    ['startsAtMs', { startsAtMs: 1 }],
    ['startsAtMs', { startsAtMs: '2030-02-30' }],
    ['startsAtMs', { startsAtMs: 8.64e15 }],
    ['startsAtMs', { kind: 'instant', startsAtMs: 1_900_000_000_000 }],
    ['timeZone', { startsAtMs: 1_900_000_000_000, timeZone: 'Mars/Phobos' }],
    ['durationMinutes', { startsAtMs: 1_900_000_000_000, durationMinutes: 0 }],
    ['durationMinutes', { startsAtMs: 1_900_000_000_000, durationMinutes: '60' }],
    ['topic', { topic: '\u202Egnp.exe' }],
    ['topic', { topic: 'x'.repeat(201) }],
    ['passcode', { passcode: 'has space' }],
    ['settings.lobby', { settings: { lobby: 'yes' } }],
  ])('with a wrong %s is refused with the field', async (field, body) => {
    const answer = await host.call('POST', '/api/v1/meetings', body);
    expect([answer.status, answer.code, answer.field]).toEqual([400, 'request.invalid', field]);
  });

  test('duration 1e308 and an unknown key are refused, and the key is named', async () => {
    const huge = await host.call(
      'POST',
      '/api/v1/meetings',
      '{"startsAtMs":1900000000000,"durationMinutes":1e308}',
    );
    expect(huge.field).toBe('durationMinutes');
    const unknown = await host.call('POST', '/api/v1/meetings', { topik: 'x' });
    expect(unknown.text).toContain('topik');
    for (const query of ['limit=0', 'limit=abc', 'cursor=!!', "when=' OR 1=1", 'sort=id;DROP']) {
      expect((await host.call('GET', `/api/v1/meetings?${encodeURI(query)}`)).status).toBe(400);
    }
  });
});
