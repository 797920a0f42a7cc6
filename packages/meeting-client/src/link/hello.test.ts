import type { HelloAnswer } from '@guildhall/protocol';
import { expect, test } from 'vitest';
import { FakeZone, settle } from '../testing.ts';

const slow = 'ws://router-1/';
const other = 'ws://router-2/';

const helloUrls = (zone: FakeZone): string[] =>
  zone.asked.filter(({ name }) => name === 'hello').map(({ routerUrl }) => routerUrl);

test('a slow router lets us in while the zone already names another one: nothing is said to that one', async () => {
  const zone = new FakeZone();
  const answered = Promise.withResolvers<HelloAnswer>();
  zone.hello = (_input, url) => (url === slow ? answered.promise : zone.joined(1, 'self'));
  const joining = zone.client.join({ portalUrl: 'http://portal', number: '123456789', name: 'Me' });
  await zone.clock.advance(0);
  zone.routerUrl = other;
  // Asked again, the zone names the other router, to which a link is opened; hello waits for the outcome of the first.
  await zone.clock.advance(3_000);
  expect(zone.peers).toHaveLength(2);
  answered.resolve(zone.joined(1, 'self', 'ann'));
  await joining;
  await settle();
  expect(zone.state.phase).toBe('joined');
  expect(helloUrls(zone)).toEqual([slow]);
});

test('a hello that was given up and obeyed late takes our own place: the link is made anew, nobody is put out', async () => {
  const zone = new FakeZone();
  zone.hello = (_input, url) =>
    url === slow ? Promise.withResolvers<HelloAnswer>().promise : zone.joined(1, 'self', 'ann');
  const joining = zone.client.join({ portalUrl: 'http://portal', number: '123456789', name: 'Me' });
  await zone.clock.advance(0);
  zone.routerUrl = other;
  // Longer than a router may take to answer.
  await zone.clock.advance(9_000);
  await joining;
  expect(helloUrls(zone)).toEqual([slow, other]);
  zone.router.close(4409, 'replaced');
  await zone.clock.advance(1_000);
  expect(zone.state.phase).toBe('joined');
  expect(helloUrls(zone)).toEqual([slow, other, other]);
});

test('a link that is replaced while no hello of ours is astray was replaced by another tab', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.router.close(4409, 'replaced');
  await settle();
  expect(zone.state).toMatchObject({ phase: 'ended', end: { kind: 'replaced' } });
});
