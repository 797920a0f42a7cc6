import { FakeClock } from '@guildhall/kit';
import { MeetingIdSchema, ParticipantIdSchema, QualityReport } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import type { LinkMeasure, WatchedMeeting } from '../types.ts';
import { QualitySampler } from './quality-sampler.ts';

const measure: LinkMeasure = {
  bitrateInBps: 900_000,
  bitrateOutBps: 1_200_000,
  lossIn: 0,
  lossOut: 0.2,
  roundTripTimeMs: 40,
  jitterMs: 3,
  transport: 'udp',
};
const meetingId = MeetingIdSchema.parse('mtg_0000000001');
const person = (index: number) => ({
  participantId: ParticipantIdSchema.parse(`prt_${String(index).padStart(10, '0')}`),
  name: `Person ${index}`,
  role: 'participant' as const,
});

function scene(people: WatchedMeeting['people'], measureOne: WatchedMeeting['measure']) {
  const clock = new FakeClock();
  const reports: QualityReport[] = [];
  const sampler = new QualitySampler({
    meetings: () => [{ meetingId, startedAtMs: 5, people, measure: measureOne }],
    workers: () => [],
    report: (report) => reports.push(QualityReport.parse(report)),
    startedAtMs: 1,
    addresses: ['ws://localhost:8443/v1/meeting'],
    certificateExpiresAtMs: () => undefined,
    clock,
  });
  sampler.start();
  return { clock, reports, sampler };
}

test('everybody is measured once in ten seconds, spread over them, and scored by the worse direction', async () => {
  const people = Array.from({ length: 40 }, (_, index) => person(index));
  const perSecond: number[] = [];
  let asked = 0;
  const { clock, reports, sampler } = scene(people, async () => {
    asked += 1;
    return measure;
  });
  for (let second = 0; second < 10; second++) {
    const before = asked;
    await clock.advance(1_000);
    perSecond.push(asked - before);
  }
  expect(asked).toBe(40);
  expect(Math.max(...perSecond)).toBeLessThanOrEqual(4);
  expect(reports).toHaveLength(1);
  const [first] = reports[0]?.meetings[0]?.people ?? [];
  expect(first).toMatchObject({ name: 'Person 0', lossOut: 0.2, transport: 'udp' });
  // A fifth of the speech is lost on the way to the person, though none on the way from them.
  expect(first?.mos).toBeLessThan(3.1);
  sampler.close();
  await clock.advance(20_000);
  expect(reports).toHaveLength(1);
});

test('who cannot be measured is in the report, with nothing known', async () => {
  const { clock, reports } = scene([person(1), person(2)], async (participantId) => {
    if (participantId === person(1).participantId) throw new Error('closed');
    return undefined;
  });
  await clock.advance(10_000);
  expect(reports[0]?.meetings[0]?.people).toMatchObject([
    { name: 'Person 1', mos: null, roundTripTimeMs: null },
    { name: 'Person 2', mos: null, bitrateInBps: 0 },
  ]);
});
