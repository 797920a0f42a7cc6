import { expect, test } from 'vitest';
import { Browser, codeOf, join, makeRouter, type TestRouter } from './harness.ts';

const limitSeats = async ({ controller, clock }: TestRouter, participantsPerRouter: number) => {
  controller.peer?.emit('limits.changed', { limits: { participantsPerRouter, meetingsPerRouter: 3 } });
  await clock.advance(0);
};

test('a router lets in as many as it has seats, whatever the controllers gave out; who is in may come back', async () => {
  const router = await makeRouter();
  await limitSeats(router, 3);
  const host = await join(router, 'host', 'host');
  const names = ['ann', 'bob', 'eve', 'dan'];
  // All at once: two find a seat.
  const outcomes = await Promise.all(
    names.map(async (name) =>
      codeOf(new Browser(router, name).hello(await router.seat(name, 'participant'))),
    ),
  );
  expect(outcomes.toSorted()).toEqual(['ok', 'ok', 'router.overloaded', 'router.overloaded']);
  expect(host.names()).toHaveLength(3);
  const refusal = new Browser(router, 'zoe').hello(await router.seat('zoe', 'guest'));
  await expect(refusal).rejects.toMatchObject({
    code: 'router.overloaded',
    retryAfterMs: 1_000,
    message: expect.stringContaining('All 3 seats'),
  });
  // The same person from another tab.
  const again = new Browser(router, 'host');
  expect((await again.hello(await router.seat('host', 'host'))).state).toBe('joined');
  await codeOf(again.peer.request('leave', {}));
  await router.clock.advance(0);
  expect((await join(router, 'zoe', 'guest')).joined.state).toBe('joined');
});

test('who waits in the lobby has a seat, so that everybody can be let in', async () => {
  const router = await makeRouter({ lobby: true });
  await limitSeats(router, 3);
  const host = await join(router, 'host', 'host');
  for (const name of ['ann', 'bob']) {
    const waiting = new Browser(router, name);
    expect((await waiting.hello(await router.seat(name, 'guest'))).state).toBe('lobby');
  }
  expect(await codeOf(new Browser(router, 'eve').hello(await router.seat('eve', 'guest')))).toBe(
    'router.overloaded',
  );
  await host.peer.request('host.admitAll', {});
  await router.clock.advance(0);
  expect(host.names()).toEqual(['host', 'ann', 'bob']);
});
