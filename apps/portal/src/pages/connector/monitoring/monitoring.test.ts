import type { LiveMeeting, MonitoredService } from '@guildhall/protocol';
import { MeetingIdSchema, NodeIdSchema, ZoneIdSchema } from '@guildhall/protocol';
import { describe, expect, test } from 'vitest';
import { eventDetail, eventSubject } from './event-detail.ts';
import { boxPx, drawMap } from './map-layout.ts';
import { createUnitWriter, factsOf, inParts } from './units.ts';

describe('numbers', () => {
  const units = createUnitWriter('en-GB');
  test('bit rates, times and shares are written in the size people read', () => {
    expect(units.bitrate(0)).toBe('0 bit/s');
    expect(units.bitrate(64_000)).toBe('64 kbit/s');
    expect(units.bitrate(2_450_000)).toBe('2.5 Mbit/s');
    expect(units.bitrate(1_230_000_000)).toBe('1.2 Gbit/s');
    expect(units.ms(3.24)).toBe('3.2 ms');
    expect(units.percent(0.0123)).toBe('1.2%');
    expect(units.duration(59_000)).toBe('0 mins');
    expect(units.duration(3 * 3_600_000 + 120_000)).toBe('3 hrs 2 mins');
    expect(units.duration(50 * 3_600_000)).toBe('2 days 2 hrs');
  });

  test('a series is told in words and in a table, with its gaps', () => {
    const values = [null, 2, 4, null];
    expect(factsOf(values)).toEqual({ low: 2, mean: 3, high: 4, last: 4, gaps: 0.5 });
    expect(factsOf([null, null])).toBeUndefined();
    expect(inParts([1, 3, null, null, 5], 3)).toEqual([
      { index: 0, value: 2 },
      { index: 2, value: null },
      { index: 4, value: 5 },
    ]);
  });
});

describe('the map', () => {
  const zone = (index: number) => ({
    zoneId: ZoneIdSchema.parse(`zon_000000000${index}`),
    name: `Zone ${index}`,
  });
  const service = (kind: 'zctrl' | 'mmr', node: number, zoneIndex: number): MonitoredService => ({
    nodeId: NodeIdSchema.parse(`nod_000000000${node}`),
    service: kind,
    name: `vm-${node}`,
    zoneId: zone(zoneIndex).zoneId,
    state: 'connected',
    why: null,
    version: '0.1.0',
    addresses: [],
    startedAtMs: null,
    lastSeenMs: null,
    meetings: 0,
    participants: 0,
    capacity: null,
    cpu: null,
    bitrateInBps: null,
    bitrateOutBps: null,
    mos: null,
  });
  const meeting = (index: number, node: number): LiveMeeting => ({
    meetingId: MeetingIdSchema.parse(`mtg_${String(index).padStart(10, '0')}`),
    number: '4821930551',
    topic: `Meeting ${index}`,
    hostName: 'Ana',
    zoneId: zone(1).zoneId,
    routers: [{ nodeId: service('mmr', node, 1).nodeId, name: `vm-${node}` }],
    startedAtMs: 1,
    people: [],
  });

  test('every box has a place of its own, and lines join what belongs together', () => {
    const services = [
      service('zctrl', 1, 1),
      service('mmr', 1, 1),
      service('mmr', 2, 1),
      service('zctrl', 3, 2),
    ];
    const drawing = drawMap([zone(1), zone(2)], services, [meeting(1, 2), meeting(2, 2)]);
    expect(drawing.boxes).toHaveLength(8);
    for (const one of drawing.boxes) {
      for (const other of drawing.boxes) {
        if (one === other) continue;
        const apart = Math.abs(one.x - other.x) >= boxPx.width || Math.abs(one.y - other.y) >= boxPx.height;
        expect(apart).toBe(true);
      }
      expect(one.y + boxPx.height).toBeLessThanOrEqual(drawing.heightPx);
    }
    expect(drawing.lines.map(({ from, to }) => `${from.name} → ${to.name}`)).toEqual([
      'Zone 1 → vm-1',
      'vm-1 → vm-1',
      'vm-1 → vm-2',
      'vm-2 → Meeting 1',
      'vm-2 → Meeting 2',
      'Zone 2 → vm-3',
    ]);
  });

  test('a hundred meetings are not drawn; the rest is counted', () => {
    const meetings = Array.from({ length: 100 }, (_, index) => meeting(index, 1));
    const drawing = drawMap([zone(1)], [service('mmr', 1, 1)], meetings);
    expect(drawing.more).toBe(60);
  });
});

describe('the detail of an event', () => {
  const t = (key: string, values?: object): string =>
    values ? `${key} ${Object.values(values).join(' ')}` : key;
  const times = { dayAndTime: (epochMs: number): string => `@${epochMs}` };
  const told = (kind: string, detail: string): string =>
    eventDetail({ kind, subject: 'nod_1', label: 'Ana', detail }, t, times);

  test.each([
    ['meeting.ended', '4821930551 · ended-by-host', '482 193 0551 · endings.byHost'],
    ['meeting.ended', '4821930551 · drained', '482 193 0551 · endings.drained'],
    ['meeting.started', '4821930551', '482 193 0551'],
    ['alert.raised', 'node-gone', 'alert.kinds.nodeGone'],
    ['controller.refused', 'node.bad-proof', 'why.badProof'],
    ['sign-in.failed', '192.0.2.7', 'fromAddress 192.0.2.7'],
    ['router.connected', '0.1.0', 'versionIs 0.1.0'],
    ['events.lost', '7 · 1970-01-01T00:00:01.000Z – 1970-01-01T00:00:02.000Z', 'lostEvents 7 @1000 @2000'],
  ])('%s is a sentence', (kind, detail, sentence) => {
    expect(told(kind, detail)).toBe(sentence);
  });

  test('an act is about what it was done to, and says who did it', () => {
    const drained = { kind: 'connector.drain', subject: 'vm-2', label: 'Ana', detail: '' };
    expect([eventSubject(drained), eventDetail(drained, t, times)]).toEqual(['vm-2', 'byWhom Ana']);
    const enabled = { ...drained, kind: 'connector.enabled', subject: 'acc_1' };
    expect([eventSubject(enabled), eventDetail(enabled, t, times)]).toEqual(['Ana', '']);
  });

  test.each([
    ['meeting.ended', '4821930551 · of-tomorrow', '482 193 0551 · of-tomorrow'],
    ['meeting.ended', 'words', 'words'],
    ['events.lost', 'some', 'some'],
    ['node.of-tomorrow', 'x', 'x'],
    ['router.gone', '', ''],
  ])('%s of a newer server stays as it came', (kind, detail, sentence) => {
    expect(told(kind, detail)).toBe(sentence);
  });
});
