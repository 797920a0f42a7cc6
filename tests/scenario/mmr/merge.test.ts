import type { MeetingCheckpoint } from '@guildhall/domain';
import { expect, test } from 'vitest';
import { codeOf, join, line, makeRouter, meetingId, prt, type TestRouter } from './harness.ts';

const other = { epoch: 7, rev: 4 };

/** What another copy has stored: Bob removed, the meeting locked, one line said. */
const copyOf = ({ spec }: TestRouter): MeetingCheckpoint => ({
  spec: spec(),
  rev: other.rev,
  startedAtMs: 1,
  locked: true,
  people: [],
  waiting: [],
  admitted: [],
  removed: [{ participantId: prt('bob'), subject: 'usr_bob0000000' }],
  chat: [{ lineId: line('there'), participantId: prt('cat'), name: 'cat', text: 'Said there', sentAtMs: 2 }],
  includes: [{ epoch: 5, rev: 1 }],
});

test('what was decided in a copy that gives way holds here, is answered when it is stored, and is taken in once', async () => {
  const router = await makeRouter();
  const [ann, bob] = [await join(router, 'ann', 'host'), await join(router, 'bob')];
  await router.clock.advance(500);
  router.controller.stores = false;
  let outcome = 'waiting';
  const merge = async (): Promise<void> => {
    outcome = await codeOf(router.meetings.merge(meetingId, other, copyOf(router)));
  };
  const merged = merge();
  await router.clock.advance(500);
  expect(outcome).toBe('waiting');
  expect([ann.view?.locked, ann.names(), ann.view?.chat.map(({ text }) => text)]).toEqual([
    true,
    ['ann'],
    ['Said there'],
  ]);
  await router.clock.advance(0);
  expect(bob.closed).toBeDefined();
  await router.clock.advance(6_000);
  await merged;
  expect(outcome).toBe('meeting.not-stored');

  router.controller.stores = true;
  router.controller.peer?.close();
  await router.clock.advance(3_000);
  while (router.zone.linked === 0) await router.clock.advance(0);
  await ann.peer.request('host.lock', { locked: false });
  // The store forgets the copy by this word.
  const stored = router.controller.checkpoints.at(-1)?.checkpoint;
  expect(stored?.includes).toEqual([other, { epoch: 5, rev: 1 }]);
  expect(await codeOf(router.meetings.merge(meetingId, other, copyOf(router)))).toBe('ok');
  // A host has unlocked it since; only what the copy has decided after that is news.
  expect(ann.view?.locked).toBe(false);
  const later = { ...other, rev: other.rev + 1 };
  expect(await codeOf(router.meetings.merge(meetingId, later, copyOf(router)))).toBe('ok');
  await router.clock.advance(0);
  expect(ann.view?.locked).toBe(true);
});
