import { describe, expect, test } from 'vitest';
import { join, makeRouter, meetingId, openSettings, type TestRouter } from './harness.ts';

describe('a change in the portal', () => {
  const zonePeer = ({ controller }: TestRouter) => {
    if (!controller.peer) throw new Error('no controller');
    return controller.peer;
  };

  test('is seen by everybody at once, is stored, and is taken once however often it comes', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    const update = { meetingId, atMs: 1_000, topic: 'Monthly', settings: { lobby: true } };
    expect(await zonePeer(router).request('meeting.update', update)).toEqual({ isOpen: true });
    await router.clock.advance(0);
    for (const { view } of [ann, bob]) {
      expect(view).toMatchObject({ topic: 'Monthly', settings: { lobby: true } });
      expect(view?.settings.chat).toBe(true);
    }
    const eve = await join(router, 'eve', 'guest');
    expect(eve.answer).toMatchObject({ state: 'lobby', topic: 'Monthly' });
    expect(router.controller.checkpoints.at(-1)?.checkpoint.spec).toMatchObject({ topic: 'Monthly' });
    // The host decides otherwise; then the other controller brings the same, and later something older.
    await ann.peer.request('host.setSettings', { settings: { ...openSettings, lobby: false } });
    for (const atMs of [1_000, 999]) await zonePeer(router).request('meeting.update', { ...update, atMs });
    await router.clock.advance(0);
    expect(ann.view?.settings.lobby).toBe(false);
    await zonePeer(router).request('meeting.update', { ...update, atMs: 1_001 });
    await router.clock.advance(0);
    expect(ann.view?.settings.lobby).toBe(true);
  });

  test('that is told late holds for what no host has set since, also where the clock goes otherwise', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    await router.clock.advance(10_000);
    await ann.peer.request('host.setSettings', { settings: { ...openSettings, chat: false } });
    await router.clock.advance(10_000);
    const changes = [
      { agoMs: 15_000, atMs: 1, settings: { lobby: true, chat: true } },
      { agoMs: 5_000, atMs: 2, topic: 'Monthly', settings: { muteOnEntry: true } },
    ];
    const missed = { meetingId, changes };
    expect(await zonePeer(router).request('meeting.catchUp', missed)).toEqual({ isOpen: true });
    await router.clock.advance(0);
    const settings = { ...openSettings, lobby: true, chat: false, muteOnEntry: true };
    expect(ann.view).toMatchObject({ topic: 'Monthly', settings });
    // The host decides otherwise; neither the other controller nor the event that was on its way undoes that.
    await router.clock.advance(10);
    await ann.peer.request('host.setSettings', { settings: openSettings });
    const again = { meetingId, changes: changes.map((one) => ({ ...one, agoMs: one.agoMs + 10 })) };
    await zonePeer(router).request('meeting.catchUp', again);
    await zonePeer(router).request('meeting.update', { meetingId, atMs: 2, settings: { lobby: true } });
    await router.clock.advance(0);
    expect(ann.view?.settings).toEqual(openSettings);
  });

  test('of a meeting that is not here is answered so', async () => {
    const router = await makeRouter();
    router.meetings.end(meetingId, 'empty');
    await router.clock.advance(0);
    const answer = await zonePeer(router).request('meeting.update', { meetingId, atMs: 1, topic: 'New' });
    expect(answer).toEqual({ isOpen: false });
  });
});
