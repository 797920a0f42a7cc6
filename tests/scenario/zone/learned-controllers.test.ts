import { meetingSpec, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idText } from './fake-cloud.ts';
import { PairZone } from './pair-zone.ts';

const zone = new PairZone();

beforeAll(() => zone.start({ routersKnow: [0] }));
afterAll(() => zone.dispose());

test('routers that know one controller find the other, also when they start after the first one is gone for good', async () => {
  // `start` has waited until both controllers have both routers.
  const meeting = meetingSpec(idText('meeting'));
  const host = await zone.cloud.ticket(meeting, { role: 'host', subject: idText('user'), name: 'Hana' });
  const joined = await zone.join(1, { ticket: host });
  const inside = await zone.enter(joined);
  expect(inside.hello.state).toBe('joined');
  await inside.peer.request('host.lock', { locked: true });

  await zone.controllers[0]?.kill();
  await inside.peer.request('host.lock', { locked: false });
  await inside.peer.request('host.lock', { locked: true });

  for (const router of zone.routers) await router.kill();
  await inside.peer.closed;
  for (const router of zone.routers) await router.start();
  await until('both routers at the controller that is left', async () => (await zone.state(1)).routers === 2);
  const back = await zone.enter(await zone.join(1, { rejoin: joined.rejoin }));
  expect(back.hello.state).toBe('joined');
  expect((await back.peer.request('view.get', {})).view.locked).toBe(true);
  expect(back.answer.routerId).not.toBe(joined.routerId);
  back.peer.close();
});
