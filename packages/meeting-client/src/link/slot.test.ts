import { GuildhallError } from '@guildhall/rpc';
import { expect, test } from 'vitest';
import { FakeZone, settle } from '../testing.ts';

test('a branch that cannot reach the meeting for a while: what was typed is said when it can, and nothing hangs', async () => {
  const zone = new FakeZone();
  await zone.join();
  const away = (): never => {
    throw new GuildhallError('link.closed', 'The owner cannot be reached.', { retryAfterMs: 1_000 });
  };
  zone.answers = { 'chat.send': away };
  zone.client.sendChat('while it is cut off');
  await zone.clock.advance(3_500);
  expect(zone.asks('chat.send')).toHaveLength(4);
  zone.answers = {};
  await zone.clock.advance(1_000);
  zone.client.sendChat('after it');
  await settle();
  const [first] = zone.asks('chat.send');
  expect(zone.asks('chat.send').slice(1, -1)).toEqual([first, first, first, first]);
  expect(zone.asks('chat.send').at(-1)).toMatchObject({ text: 'after it' });
  // On the link of before all the time.
  expect(zone.peers).toHaveLength(1);
  expect(zone.state.phase).toBe('joined');
});
