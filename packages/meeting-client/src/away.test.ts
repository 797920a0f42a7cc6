import { expect, test } from 'vitest';
import type { AwayRight, JoinWish } from './link/join.ts';
import { FakeZone, settle, viewOf } from './testing.ts';

const meeting = {
  meetingId: viewOf().meetingId,
  number: '123456789',
  topic: 'Weekly',
  hostName: 'Ann',
  role: 'host',
} as const;
const controllers = ['http://zone-1'];
const pass: AwayRight = { token: { pass: 'p.a.ss' }, controllers, meeting };
const rejoin: AwayRight = { token: { rejoin: 'o.l.d' }, controllers, meeting };

const gone = (): Response => {
  throw new TypeError('fetch failed');
};
const refused = (code: string, status: number) => (): Response =>
  Response.json({ error: { code, message: code } }, { status });

const join = async (zone: FakeZone, wish: Partial<JoinWish>): Promise<unknown> => {
  const done = zone.client.join({ portalUrl: 'http://portal', number: '123456789', ...wish }).then(
    () => 'joined',
    (error: unknown) => error,
  );
  await zone.clock.advance(0);
  await settle();
  return done;
};

test('a portal that cannot be reached: the pass is shown to the zone, and the token to come back is told', async () => {
  const zone = new FakeZone();
  zone.cloud = gone;
  const rights: AwayRight[] = [];
  expect(await join(zone, { away: [pass], onRight: (right) => rights.push(right) })).toBe('joined');
  expect(zone.joins).toEqual([{ pass: 'p.a.ss' }]);
  expect(zone.state).toMatchObject({ phase: 'joined', meeting });
  expect(rights).toEqual([{ token: { rejoin: 'r.e.join' }, controllers, meeting }]);
});

test('a portal that answers decides, whatever was kept', async () => {
  const zone = new FakeZone();
  expect(await join(zone, { away: [pass] })).toBe('joined');
  expect(zone.joins[0]).toEqual({ ticket: 'a.b.c' });
  const other = new FakeZone();
  other.cloud = refused('meeting.not-found', 404);
  expect(await join(other, { away: [pass] })).toMatchObject({ code: 'meeting.not-found' });
  expect(other.joins).toEqual([]);
});

test('a portal that does not answer is waited for two seconds when there is another way', async () => {
  const zone = new FakeZone();
  const answer = zone.fetch;
  zone.fetch = (url, init) =>
    url.startsWith('http://portal/') ? new Promise(() => undefined) : answer(url, init);
  const done = join(zone, { away: [pass] });
  await zone.clock.advance(1_900);
  expect(zone.joins).toEqual([]);
  await zone.clock.advance(200);
  expect(await done).toBe('joined');
});

test('what is refused for good gives way to the next right', async () => {
  const zone = new FakeZone();
  zone.cloud = gone;
  zone.refuse = (token) => (JSON.stringify(token).includes('o.l.d') ? 'meeting.ended' : undefined);
  expect(await join(zone, { away: [rejoin, pass] })).toBe('joined');
  expect(zone.joins).toEqual([{ rejoin: 'o.l.d' }, { pass: 'p.a.ss' }]);
});

test('nothing kept: says that the portal is away, and who may join meanwhile', async () => {
  const zone = new FakeZone();
  zone.cloud = gone;
  expect(await join(zone, { name: 'Guest' })).toMatchObject({ code: 'portal.away' });
  expect(zone.state).toMatchObject({ phase: 'idle', error: { code: 'portal.away' } });
  zone.cloud = () => Response.json(zone.cloudAnswer());
  expect(await join(zone, { name: 'Guest' })).toBe('joined');
});
