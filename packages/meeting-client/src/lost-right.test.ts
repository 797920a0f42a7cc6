import { expect, test } from 'vitest';
import { FakeZone, settle } from './testing.ts';

const routerDies = async (zone: FakeZone, code: number): Promise<void> => {
  zone.router.close(code);
  await settle();
};

const isRejoin = (token: unknown): boolean => JSON.stringify(token).includes('rejoin');

test('a controller that was moved to another zone knows nobody of before: the portal says where the meeting is now', async () => {
  const zone = new FakeZone();
  await zone.join();
  zone.refuse = (token) => (isRejoin(token) ? 'rejoin.invalid' : undefined);
  zone.dead.add('ws://router-1/');
  zone.routerUrl = 'ws://router-9/';
  await routerDies(zone, 4503);
  await zone.clock.advance(0);
  expect(zone.joins.at(-1)).toEqual({ ticket: 'a.b.c' });
  expect(zone.asked.at(-1)?.routerUrl).toBe('ws://router-9/');
  expect(zone.state).toMatchObject({ phase: 'joined', linkDownSinceMs: null });
});

test('as long as another controller of the zone knows the way back, the portal is not asked', async () => {
  const zone = new FakeZone();
  await zone.join();
  const answer = zone.fetch;
  zone.fetch = (url, init) =>
    url.startsWith('http://zone-2')
      ? Promise.resolve(Response.json({ error: { code: 'rejoin.invalid', message: 'no' } }, { status: 401 }))
      : answer(url, init);
  zone.cloud = () => Response.json({ error: { code: 'meeting.not-found', message: 'no' } }, { status: 404 });
  await routerDies(zone, 4503);
  await zone.clock.advance(0);
  expect(zone.state.phase).toBe('joined');
});

test.each([
  ['refuses', 'meeting.not-found', 'ended'],
  ['is away', 'store.unavailable', 'failed'],
])('a way back that is lost ends the meeting when the portal %s', async (_name, code, kind) => {
  const zone = new FakeZone();
  await zone.join();
  zone.refuse = (token) => (isRejoin(token) ? 'rejoin.expired' : undefined);
  zone.cloud = () => Response.json({ error: { code, message: code } }, { status: 503 });
  await routerDies(zone, 4503);
  await zone.clock.advance(20_000);
  expect(zone.state).toMatchObject({ phase: 'ended', end: { kind } });
});
