import { meetingSpec, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idText } from './fake-cloud.ts';
import { PairZone } from './pair-zone.ts';

const meetingOf = () => meetingSpec(idText('meeting'));

const zone = new PairZone();
const ticket = (meeting: unknown): Promise<string> => zone.cloud.ticket(meeting);
const hostTicket = (meeting: unknown): Promise<string> =>
  zone.cloud.ticket(meeting, { role: 'host', subject: idText('user'), name: 'Hana' });

beforeAll(() => zone.start());
afterAll(() => zone.dispose());

const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

test('asked at once, the two controllers open each meeting once', async () => {
  const meetings = Array.from({ length: 12 }, meetingOf);
  for (const meeting of meetings) {
    const [one, two] = await Promise.all([
      zone.join(0, { ticket: await ticket(meeting) }),
      zone.join(1, { ticket: await ticket(meeting) }),
    ]);
    expect(one.routerId).toBe(two.routerId);
  }
});

test('a token of one controller is good at the other, which is killed and starts without its disk', async () => {
  const meeting = meetingOf();
  const joined = await zone.join(0, { ticket: await hostTicket(meeting) });
  const inside = await zone.enter(joined);
  await inside.peer.request('host.lock', { locked: true });
  await zone.controllers[0]?.kill();
  const startMs = performance.now();
  const fresh = await zone.join(1, { ticket: await ticket(meetingOf()) });
  expect(performance.now() - startMs).toBeLessThan(1_500);
  expect((await zone.enter(fresh)).hello.state).toBe('joined');
  const back = await zone.join(1, { rejoin: joined.rejoin });
  expect(back.routerId).toBe(joined.routerId);
  // Nobody in a running meeting notices.
  await inside.peer.request('host.lock', { locked: false });
  zone.controllers[0]?.loseDisk();
  await zone.controllers[0]?.start();
  await zone.whole();
  expect((await zone.join(0, { rejoin: joined.rejoin })).routerId).toBe(joined.routerId);
  inside.peer.close();
});

test('a controller that was stopped for seconds does not act on what it knew', async () => {
  zone.controllers[0]?.signal('SIGSTOP');
  const meeting = meetingOf();
  const startMs = performance.now();
  const other = await zone.join(1, { ticket: await ticket(meeting) });
  expect(performance.now() - startMs).toBeLessThan(2_000);
  // What was asked of it meanwhile it answers when it goes on.
  const late = zone.join(0, { ticket: await ticket(meeting) });
  await pause(4_000);
  zone.controllers[0]?.signal('SIGCONT');
  expect((await late).routerId).toBe(other.routerId);
  await zone.whole();
  expect((await zone.join(0, { ticket: await ticket(meeting) })).routerId).toBe(other.routerId);
});

test('with the link between the controllers cut, the cloud says where a meeting is', async () => {
  zone.split();
  await until('both are alone', async () => {
    const states = await Promise.all([zone.state(0), zone.state(1)]);
    return states.every(({ pair, routers }) => pair === 'alone' && routers === 1);
  });
  const meeting = meetingOf();
  const one = await zone.join(0, { ticket: await ticket(meeting) });
  const two = await zone.join(1, { ticket: await ticket(meeting) });
  expect(two.routerId).toBe(one.routerId);
  // Seats of a controller that never saw the router are good there.
  expect((await zone.enter(two)).hello.state).toBe('joined');
  zone.heal();
  await zone.whole();
});

test('started on both sides without anybody to ask, a meeting is one again after healing, and what was decided holds', async () => {
  zone.split();
  await zone.cloud.stop();
  await until('both are alone', async () => {
    const states = await Promise.all([zone.state(0), zone.state(1)]);
    return states.every(({ pair, routers }) => pair === 'alone' && routers === 1);
  });
  const meeting = meetingOf();
  const [host, guest] = [
    await zone.enter(await zone.join(0, { ticket: await hostTicket(meeting) })),
    await zone.enter(await zone.join(0, { ticket: await ticket(meeting) })),
  ];
  const [otherHost, otherGuest, third] = [
    await zone.enter(await zone.join(1, { ticket: await hostTicket(meeting) })),
    await zone.enter(await zone.join(1, { ticket: await ticket(meeting) })),
    await zone.enter(await zone.join(1, { ticket: await ticket(meeting) })),
  ];
  expect(host.answer.routerId).not.toBe(otherHost.answer.routerId);
  // Each half decides something.
  await host.peer.request('host.remove', { participantId: guest.answer.participantId });
  await otherHost.peer.request('host.remove', { participantId: otherGuest.answer.participantId });
  await otherHost.peer.request('host.lock', { locked: true });
  zone.heal();
  await zone.whole();
  const losers = await Promise.race([
    host.peer.closed.then(() => [host]),
    otherHost.peer.closed.then(() => [otherHost, third]),
  ]);
  const winner = losers[0] === host ? otherHost : host;
  for (const loser of losers) {
    const again = await zone.join(0, { rejoin: loser.answer.rejoin });
    expect(again.routerId).toBe(winner.answer.routerId);
    expect((await zone.enter(again)).hello.state).toBe('joined');
  }
  for (const removed of [guest, otherGuest]) {
    const again = await zone.join(1, { rejoin: removed.answer.rejoin });
    expect(again.routerId).toBe(winner.answer.routerId);
    await expect(zone.enter(again)).rejects.toMatchObject({ code: 'meeting.removed' });
  }
  const late = await zone.join(0, { ticket: await ticket(meeting) });
  await expect(zone.enter(late)).rejects.toMatchObject({ code: 'meeting.locked' });
  const snapshot = await winner.peer.request('view.get', {});
  const here = snapshot.view.participants.map(({ participantId }) => participantId);
  expect(here.toSorted()).toEqual(
    [host, otherHost, third].map(({ answer }) => answer.participantId).toSorted(),
  );
  await zone.cloud.start();
});

test('with both controllers killed a running meeting goes on, and is found again', async () => {
  const meeting = meetingOf();
  const joined = await zone.join(0, { ticket: await hostTicket(meeting) });
  const inside = await zone.enter(joined);
  await Promise.all(zone.controllers.map((controller) => controller.kill()));
  await inside.peer.request('name.set', { name: 'Hana the first' });
  await Promise.all(zone.controllers.map((controller) => controller.start()));
  await zone.whole();
  for (const half of [0, 1] as const) {
    expect((await zone.join(half, { rejoin: joined.rejoin })).routerId).toBe(joined.routerId);
  }
  expect(inside.peer.isClosed).toBe(false);
  inside.peer.close();
});
