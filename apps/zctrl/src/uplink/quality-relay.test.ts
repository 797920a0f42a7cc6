import { FakeClock } from '@guildhall/kit';
import {
  MeetingIdSchema,
  ParticipantIdSchema,
  RouterIdSchema,
  type QualityReport,
} from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { newNodeId } from '../testing.ts';
import { QualityRelay, type QualityTold } from './quality-relay.ts';

const report = (peoplePerMeeting: number[]): QualityReport => ({
  startedAtMs: 1,
  addresses: [],
  workers: [],
  meetings: peoplePerMeeting.map((count, meeting) => ({
    meetingId: MeetingIdSchema.parse(`mtg_${String(meeting).padStart(10, '0')}`),
    startedAtMs: 1,
    people: Array.from({ length: count }, (_, index) => ({
      participantId: ParticipantIdSchema.parse(`prt_${String(index).padStart(10, '0')}`),
      name: 'Ana',
      role: 'guest' as const,
      bitrateInBps: 0,
      bitrateOutBps: 0,
      lossIn: null,
      lossOut: null,
      roundTripTimeMs: null,
      jitterMs: null,
      mos: null,
      transport: null,
    })),
  })),
});

test('a router that talks too often or of too many people costs one bounded message in ten seconds', async () => {
  const clock = new FakeClock();
  const sent: QualityTold[] = [];
  const relay = new QualityRelay(clock, (told) => sent.push(told));
  const routerId = RouterIdSchema.parse('rtr_0000000001');
  const nodeId = newNodeId();
  for (let time = 0; time < 100; time++) relay.keep({ routerId, nodeId, report: report([1]) });
  relay.keep({ routerId, nodeId, report: report([1_500, 1_500]) });
  await clock.advance(10_000);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.report.meetings.map(({ people }) => people.length)).toEqual([1_500, 500]);
  await clock.advance(10_000);
  expect(sent).toHaveLength(1);
  relay.close();
  relay.close();
});
