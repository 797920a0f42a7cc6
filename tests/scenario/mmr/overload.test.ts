import { expect, test } from 'vitest';
import { Browser, codeOf, join, makeRouter } from './harness.ts';

const halfMinuteMs = 30_000;

test('an overloaded router takes nobody new; those inside may come back, and the host is told now and then', async () => {
  const router = await makeRouter();
  const host = await join(router, 'host', 'host');
  const member = await join(router, 'member');
  router.controller.overload = 'worker-cpu';

  const newcomer = new Browser(router, 'new');
  const refused = newcomer.hello(await router.seat('new', 'participant'));
  await expect(refused).rejects.toMatchObject({ code: 'router.overloaded', retryAfterMs: 5_000 });
  expect(await codeOf(new Browser(router, 'second').hello(await router.seat('second', 'guest')))).toBe(
    'router.overloaded',
  );
  await router.clock.advance(0);
  expect(host.events('meeting.turnedAway')).toEqual([{ why: 'load' }]);
  expect(member.events('meeting.turnedAway')).toEqual([]);

  // The same person from another tab, and after a break.
  const again = new Browser(router, 'member');
  expect((await again.hello(await router.seat('member', 'participant'))).state).toBe('joined');
  again.peer.close();
  await router.clock.advance(1_000);
  expect((await join(router, 'member')).joined.participantId).toBe(member.participantId);

  await router.clock.advance(halfMinuteMs);
  expect(await codeOf(new Browser(router, 'third').hello(await router.seat('third', 'guest')))).toBe(
    'router.overloaded',
  );
  await router.clock.advance(0);
  expect(host.events('meeting.turnedAway')).toHaveLength(2);
  router.controller.overload = null;
  expect((await join(router, 'third')).joined.state).toBe('joined');
});

test('whom the zone turned away is told to the host too', async () => {
  const router = await makeRouter();
  const host = await join(router, 'host', 'host');
  const [open] = router.meetings.reports();
  if (!open) throw new Error('no meeting');
  router.controller.peer?.emit('meeting.turnedAway', { meetingId: open.meetingId, why: 'seats' });
  await router.clock.advance(0);
  expect(host.events('meeting.turnedAway')).toEqual([{ why: 'seats' }]);
});
