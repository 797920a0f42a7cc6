import { expect, test } from 'vitest';
import { codeOf, join, line, makeRouter } from './harness.ts';

test('a line is seen at once, and its author is answered when a controller has it', async () => {
  const router = await makeRouter();
  const [ann, bob] = [await join(router, 'ann', 'host'), await join(router, 'bob')];
  router.controller.stores = false;
  let outcome = 'waiting';
  const say = async (): Promise<void> => {
    outcome = await codeOf(ann.peer.request('chat.send', { lineId: line('one'), text: 'Hello' }));
  };
  const said = say();
  await router.clock.advance(1_000);
  expect(bob.view?.chat.map(({ text }) => text)).toEqual(['Hello']);
  // Told twice: what its author repeats after another link is one line still.
  const again = codeOf(ann.peer.request('chat.send', { lineId: line('one'), text: 'Hello' }));
  expect(outcome).toBe('waiting');
  // Nobody stores it: people talk on all the same.
  await router.clock.advance(6_000);
  await said;
  expect([outcome, await again]).toEqual(['ok', 'ok']);
  expect(bob.view?.chat).toHaveLength(1);
});

test('what is said while another line is being stored is answered when it is stored itself', async () => {
  const router = await makeRouter();
  const ann = await join(router, 'ann', 'host');
  const answered: string[] = [];
  const stored = () => router.controller.checkpoints.at(-1)?.checkpoint.chat.map(({ text }) => text);
  const lines = ['one', 'two', 'three'].map(async (text) => {
    await ann.peer.request('chat.send', { lineId: line(text), text });
    expect(stored()).toContain(text);
    answered.push(text);
  });
  await router.clock.advance(100);
  await Promise.all(lines);
  expect(answered).toHaveLength(3);
});

test('without any controller a line is answered at once', async () => {
  const router = await makeRouter();
  const ann = await join(router, 'ann', 'host');
  router.controller.up = false;
  router.controller.peer?.close();
  await router.clock.advance(0);
  expect(router.zone.linked).toBe(0);
  await ann.peer.request('chat.send', { lineId: line('one'), text: 'Alone' });
  expect(ann.view?.chat).toHaveLength(1);
});
