/* oxlint-disable typescript/no-unsafe-type-assertion -- ids are made by hand */
import {
  decide,
  newMeeting,
  type MeetingCommand,
  type MeetingId,
  type ParticipantId,
} from '@guildhall/domain';
import { openSettings } from '@guildhall/testkit/meeting-settings';
import { describe, expect, test } from 'vitest';
import { ChangeLog } from './change-log.ts';

const ann = 'prt_ann0000000' as ParticipantId;
const bob = 'prt_bob0000000' as ParticipantId;

const makeMeeting = () => {
  const times = { reconnectGraceMs: 1, emptyGraceMs: 1 };
  const spec = {
    meetingId: 'mtg_0000000000' as MeetingId,
    number: '123456789',
    topic: 'T',
    settings: openSettings,
  };
  let state = newMeeting(spec, 0, times);
  const log = new ChangeLog();
  const run = (command: MeetingCommand): void => {
    const decision = decide(state, command, { nowMs: 0, ...times });
    if (!decision.ok) throw new Error(decision.sentence);
    if (decision.state.rev !== state.rev) log.add(decision.state.rev, decision.changes);
    ({ state } = decision);
  };
  for (const [participantId, role] of [
    [ann, 'host'],
    [bob, 'participant'],
  ] as const) {
    run({ kind: 'join', person: { participantId, subject: `usr_${participantId}`, name: 'N', role } });
  }
  const hands = (count: number): void => {
    for (let n = 0; n < count; n++) run({ kind: 'hand', by: ann, raised: n % 2 === 0 });
  };
  return { run, hands, since: (rev: number) => log.since(rev, state, bob), rev: () => state.rev };
};

describe('the log of changes', () => {
  test('tells what was missed, revision by revision', () => {
    const meeting = makeMeeting();
    const rev = meeting.rev();
    expect(meeting.since(rev)).toEqual([]);
    meeting.hands(3);
    expect(meeting.since(rev)?.map((entry) => entry.rev)).toEqual([rev + 1, rev + 2, rev + 3]);
  });

  test('reaches back a thousand revisions and says when it does not reach', () => {
    const meeting = makeMeeting();
    const rev = meeting.rev();
    meeting.hands(1_000);
    expect(meeting.since(rev)).toHaveLength(1_000);
    meeting.hands(2_000);
    expect(meeting.since(rev)).toBeUndefined();
    expect(meeting.since(meeting.rev() - 1_000)).toHaveLength(1_000);
    expect(meeting.since(meeting.rev() + 5)).toBeUndefined();
  });

  test('does not tell across a change of rights', () => {
    const meeting = makeMeeting();
    const rev = meeting.rev();
    meeting.run({ kind: 'setRole', by: ann, participantId: bob, role: 'co-host' });
    expect(meeting.since(rev)).toBeUndefined();
  });
});
