import { describe, expect, test } from 'vitest';
import { Browser, codeOf, join, line, makeRouter, meetingId, prt } from './harness.ts';

describe('people in a meeting', () => {
  test('see who is there, chat, and are gone when they leave', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob', 'guest');
    expect(ann.names()).toEqual(['ann', 'bob']);
    await bob.peer.request('chat.send', { lineId: line('1'), text: 'hello' });
    await bob.peer.request('chat.send', { lineId: line('1'), text: 'hello' });
    await router.clock.advance(0);
    expect(ann.view?.chat.map(({ text }) => text)).toEqual(['hello']);
    await bob.peer.request('leave', {});
    await router.clock.advance(0);
    expect(ann.names()).toEqual(['ann']);
    expect(bob.closed?.code).toBe(4411);
    expect(ann.view).toEqual((await ann.peer.request('view.get', {})).view);
  });

  test('get each other’s sound at once and pictures when they show them', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    const mic = await ann.send('mic');
    const camera = await ann.send('camera');
    await router.clock.advance(0);
    expect(bob.events('consumer.added')).toMatchObject([{ source: 'mic' }]);
    const tile = { participantId: ann.participantId, source: 'camera' as const, widthPx: 300, heightPx: 160 };
    await bob.peer.request('media.want', { tiles: [tile] });
    await router.clock.advance(0);
    expect(bob.events('consumer.added')).toMatchObject([{ source: 'mic' }, { source: 'camera' }]);
    expect(bob.events('consumer.layers').at(-1)).toMatchObject({ spatialLayer: 0 });
    await bob.peer.request('media.want', { tiles: [{ ...tile, widthPx: 1280, heightPx: 720 }] });
    await router.clock.advance(0);
    expect(bob.events('consumer.layers').at(-1)).toMatchObject({ spatialLayer: 2 });

    await ann.peer.request('media.mute', { trackId: mic, muted: true });
    await router.clock.advance(0);
    expect(router.engine.producer(mic)?.paused).toBe(true);
    expect(bob.events('consumer.paused').at(-1)).toMatchObject({ paused: true });
    await bob.peer.request('media.want', { tiles: [] });
    await router.clock.advance(3_000);
    expect(ann.events('track.demand').at(-1)).toEqual({ trackId: camera, maxSpatialLayer: -1 });
    await router.clock.advance(3_000);
    expect(bob.events('consumer.removed')).toHaveLength(1);
  });

  test('are muted by the host on the router itself, and unmute themselves', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    const mic = await bob.send('mic');
    await ann.peer.request('host.mute', { participantId: bob.participantId, source: 'mic' });
    await router.clock.advance(0);
    expect(router.engine.producer(mic)?.paused).toBe(true);
    expect(bob.view?.participants[1]?.tracks[0]?.muted).toBe(true);
    await bob.peer.request('media.mute', { trackId: mic, muted: false });
    await router.clock.advance(0);
    expect(router.engine.producer(mic)?.paused).toBe(false);
  });

  test('see who speaks, without flicker', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    const [annMic, bobMic] = [await ann.send('mic'), await bob.send('mic')];
    router.engine.speak(meetingId, [{ producerId: annMic, volumeDb: -20 }]);
    await router.clock.advance(0);
    router.engine.speak(meetingId, [{ producerId: bobMic, volumeDb: -20 }]);
    await router.clock.advance(0);
    expect(ann.events('speakers')).toHaveLength(2);
    expect(ann.view?.activeSpeaker).toBe(ann.participantId);
    await router.clock.advance(1_500);
    expect(ann.view?.activeSpeaker).toBe(bob.participantId);
  });

  test('one source each, and a screen only when allowed', async () => {
    const router = await makeRouter({ screenShare: 'hosts' });
    await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    await bob.send('mic');
    expect(await codeOf(bob.send('mic'))).toBe('media.source-taken');
    expect(bob.view?.participants[1]?.tracks).toHaveLength(1);
  });
});

describe('the lobby', () => {
  test('nothing of the meeting reaches who waits; all of it who is admitted', async () => {
    const router = await makeRouter({ lobby: true });
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob', 'guest');
    expect(bob.answer).toMatchObject({ state: 'lobby', waitingFor: 'admission' });
    await ann.send('mic');
    await ann.peer.request('chat.send', { lineId: line('1'), text: 'secret' });
    await router.clock.advance(5_000);
    expect(bob.told).toEqual([]);
    for (const request of [
      bob.peer.request('view.get', {}),
      bob.peer.request('chat.send', { lineId: line('2'), text: 'let me in' }),
      bob.peer.request('host.admit', { participantId: bob.participantId }),
      bob.peer.request('media.want', { tiles: [] }),
    ]) {
      expect(await codeOf(request)).toBe('meeting.waiting');
    }
    expect(ann.view?.lobby).toMatchObject([{ name: 'bob' }]);
    await ann.peer.request('host.admit', { participantId: bob.participantId });
    await router.clock.advance(0);
    expect(bob.view?.chat.map(({ text }) => text)).toEqual(['secret']);
    await bob.attach();
    await router.clock.advance(0);
    expect(bob.events('consumer.added')).toHaveLength(1);
    expect(ann.view?.lobby).toEqual([]);
  });

  test('the refused are told and shut out; leaving works from the lobby', async () => {
    const router = await makeRouter({ lobby: true });
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob', 'guest');
    const cid = await join(router, 'cid', 'guest');
    await ann.peer.request('host.refuse', { participantId: bob.participantId });
    await cid.peer.request('leave', {});
    await router.clock.advance(0);
    expect(bob.events('lobby.refused')).toHaveLength(1);
    expect([bob.closed?.code, cid.closed?.code]).toEqual([4403, 4411]);
    expect(ann.view?.lobby).toEqual([]);
    const again = new Browser(router, 'bob');
    expect(await codeOf(again.hello(await router.seat('bob', 'guest')))).toBe('meeting.refused');
  });
});

describe('a lost connection', () => {
  test('comes back to the same seat with what was missed, and the media goes on', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    const camera = await bob.send('camera');
    await router.clock.advance(0);
    const { sessionId } = bob.joined;
    bob.peer.close();
    await router.clock.advance(10_000);
    expect(ann.view?.participants[1]?.presence).toBe('reconnecting');
    await ann.peer.request('chat.send', { lineId: line('1'), text: 'are you there?' });
    const again = new Browser(router, 'bob');
    again.adopt(bob.view, bob.rev);
    const answer = await again.hello(await router.seat('bob', 'participant'), { sessionId, rev: bob.rev });
    expect(answer).toMatchObject({ resumed: true, snapshot: null, media: bob.offer });
    expect(again.joined.missed.flatMap(({ changes }) => changes)).toContainEqual(
      expect.objectContaining({ kind: 'chat.added' }),
    );
    await router.clock.advance(0);
    expect(ann.view?.participants.map(({ presence }) => presence)).toEqual(['connected', 'connected']);
    expect(router.engine.producer(camera)?.closed).toBe(false);
  });

  test('may come back with a seat whose time is over, but only to its own session', async () => {
    const router = await makeRouter();
    const bob = await join(router, 'bob');
    const seat = await router.seat('bob', 'participant');
    await router.clock.advance(600_000);
    const { sessionId } = bob.joined;
    const forged = { sessionId: 'A'.repeat(32), rev: 0 };
    expect(await codeOf(new Browser(router, 'bob').hello(seat, forged))).toBe('seat.expired');
    expect(await codeOf(new Browser(router, 'bob').hello(seat))).toBe('seat.expired');
    expect(await codeOf(new Browser(router, 'bob').hello(seat, { sessionId, rev: bob.rev }))).toBe('ok');
    await router.clock.advance(0);
    expect(bob.closed?.code).toBe(4409);
  });

  test('is given up after thirty seconds', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    bob.peer.close();
    await router.clock.advance(29_999);
    expect(ann.names()).toEqual(['ann', 'bob']);
    await router.clock.advance(1);
    expect(ann.names()).toEqual(['ann']);
    await router.clock.advance(500);
    expect(router.controller.events.at(-1)).toMatchObject({
      kind: 'participant.left',
      reason: 'timeout',
    });
  });
});

describe('those who run it', () => {
  test('removing is for good, on every link', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    const { sessionId } = bob.joined;
    await ann.peer.request('host.remove', { participantId: bob.participantId });
    await router.clock.advance(0);
    expect(bob.events('you.removed')).toHaveLength(1);
    expect(bob.closed?.code).toBe(4403);
    const seat = await router.seat('bob', 'participant');
    const resume = { sessionId, rev: bob.rev };
    expect(await codeOf(new Browser(router, 'bob').hello(seat, resume))).toBe('meeting.removed');
  });

  test('a decision is answered when a controller has stored it, and says so when none could', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    await ann.peer.request('host.lock', { locked: true });
    expect(router.controller.checkpoints.at(-1)?.checkpoint.locked).toBe(true);
    router.controller.stores = false;
    let outcome = 'waiting';
    const asked = codeOf(ann.peer.request('host.lock', { locked: false })).then((code) => {
      outcome = code;
      return code;
    });
    await router.clock.advance(4_900);
    expect(outcome).toBe('waiting');
    expect(ann.view?.locked).toBe(false);
    await router.clock.advance(200);
    expect(await asked).toBe('meeting.not-stored');
    router.controller.stores = true;
    router.controller.peer?.close();
    await router.clock.advance(3_000);
    while (router.zone.linked === 0) await router.clock.advance(0);
    expect(await codeOf(ann.peer.request('host.lock', { locked: false }))).toBe('ok');
  });

  test('ending reaches everybody, the lobby too, and the controller', async () => {
    const router = await makeRouter({ lobby: true });
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob', 'guest');
    await ann.peer.request('host.end', {});
    await router.clock.advance(200);
    expect(bob.events('meeting.ended')).toEqual([{ reason: 'ended-by-host' }]);
    expect([ann.closed?.code, bob.closed?.code]).toEqual([4410, 4410]);
    expect(router.controller.ends).toMatchObject([{ meetingId, reason: 'ended-by-host' }]);
    expect(router.meetings.reports()).toEqual([]);
    expect(await codeOf(new Browser(router, 'cid').hello(await router.seat('cid', 'guest')))).toBe(
      'meeting.not-here',
    );
  });

  test('nobody else may', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob', 'guest');
    const { peer } = bob;
    const { participantId } = ann;
    for (const request of [
      peer.request('host.muteAll', {}),
      peer.request('host.lock', { locked: true }),
      peer.request('host.remove', { participantId }),
      peer.request('host.setRole', { participantId: bob.participantId, role: 'host' }),
      peer.request('host.end', {}),
    ]) {
      expect(await codeOf(request)).toBe('meeting.not-allowed');
    }
  });
});

describe('when something dies', () => {
  test('a media worker: its meetings get new media, others notice nothing', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    await ann.send('mic');
    await ann.send('camera');
    const other = await router.engine.openRoom({ roomId: 'other' });
    expect(other.workerId).not.toBe(router.engine.room(meetingId)?.workerId);
    router.engine.killWorker(Number(router.engine.room(meetingId)?.workerId.at(-1)));
    await router.clock.advance(0);
    expect(other.closed).toBe(false);
    for (const browser of [ann, bob]) {
      expect(browser.events('media.reset')).toHaveLength(1);
      expect(browser.offer.epoch).toBe(2);
      expect(browser.view?.participants.flatMap(({ tracks }) => tracks)).toEqual([]);
      await browser.attach();
    }
    await ann.send('mic');
    await router.clock.advance(0);
    expect(bob.events('consumer.added').at(-1)).toMatchObject({ epoch: 2, source: 'mic' });
    expect(bob.view?.participants[0]?.tracks).toHaveLength(1);
  });

  test('the router: another goes on from the checkpoint, with everybody in their places', async () => {
    const first = await makeRouter({ lobby: true });
    const ann = await join(first, 'ann', 'host');
    const bob = await join(first, 'bob', 'guest');
    await join(first, 'cid', 'guest');
    await ann.peer.request('host.admit', { participantId: bob.participantId });
    await ann.peer.request('chat.send', { lineId: line('1'), text: 'before' });
    await ann.peer.request('host.setRole', { participantId: bob.participantId, role: 'co-host' });
    await first.clock.advance(500);
    const stored = first.controller.checkpoints.at(-1);
    const second = await makeRouter({ lobby: true });
    second.meetings.end(meetingId, 'moved');
    await second.clock.advance(500);
    await second.meetings.open({
      meeting: second.spec(),
      epoch: 2,
      checkpoint: stored?.checkpoint ?? null,
    });
    const bobAgain = await join(second, 'bob', 'guest');
    expect(bobAgain.joined.role).toBe('co-host');
    expect(bobAgain.view?.lobby).toMatchObject([{ name: 'cid' }]);
    expect(bobAgain.view?.chat).toMatchObject([{ text: 'before' }]);
    expect(bobAgain.view?.participants).toMatchObject([
      { participantId: prt('ann'), presence: 'reconnecting' },
      { presence: 'connected' },
    ]);
    const cid = await join(second, 'cid', 'guest');
    expect(cid.answer?.state).toBe('lobby');
    await second.clock.advance(60_000);
    expect(bobAgain.names()).toEqual(['bob']);
  });

  test('an older order to open is refused, a newer one for an open meeting is obeyed', async () => {
    const router = await makeRouter();
    const order = { meeting: router.spec(), checkpoint: null };
    expect(await router.meetings.open({ ...order, epoch: 5 })).toEqual({ alreadyOpen: true });
    expect(await codeOf(router.meetings.open({ ...order, epoch: 4 }))).toBe('zone.stale-epoch');
    expect(router.meetings.reports()).toMatchObject([{ epoch: 5 }]);
  });

  test('a meeting nobody is in ends by itself', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    await ann.peer.request('leave', {});
    await router.clock.advance(59_900);
    expect(router.meetings.reports()).toHaveLength(1);
    await router.clock.advance(200);
    expect(router.meetings.reports()).toEqual([]);
    expect(router.controller.ends).toMatchObject([{ reason: 'empty' }]);
  });
});
