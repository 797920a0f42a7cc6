import type { ParticipantId, Role, TrackId } from '@guildhall/domain';
import { afterEach, expect, test } from 'vitest';
import { makeCascade, type CascadeRouter } from './cascade-harness.ts';
import { Browser, codeOf, join, line, meetingId, prt } from './harness.ts';

// The router that owns a meeting with two branches is drained: the meeting moves to a fourth one, as a controller does it.

let cascade: Awaited<ReturnType<typeof makeCascade>> | undefined;

afterEach(async () => {
  for (const { branches, engine } of cascade?.list ?? []) {
    branches.close();
    await engine.close();
  }
});

const picture = (participantId: ParticipantId) => ({
  participantId,
  source: 'camera' as const,
  widthPx: 320,
  heightPx: 180,
});

const start = async () => {
  cascade = await makeCascade(4);
  const { top, subs, spec, order, until, settle } = cascade;
  const [one, two, next] = subs;
  if (!one || !two || !next) throw new Error('four routers');
  next.branches.giveWay(meetingId);
  await settle();
  const host = await join(top, 'ann', 'host');
  const dan = await join(top, 'dan');
  const bob = await join(one, 'bob');
  const eve = await join(two, 'eve', 'guest');
  await host.peer.request('host.setRole', { participantId: bob.participantId, role: 'co-host' });
  const sent = {
    danMic: await dan.send('mic'),
    bobMic: await bob.send('mic'),
    eveCamera: await eve.send('camera'),
    eveMic: await eve.send('mic'),
  };
  await host.peer.request('host.mute', { participantId: bob.participantId, source: 'mic' });
  for (const browser of [host, bob]) {
    await browser.peer.request('media.want', { tiles: [picture(eve.participantId)] });
  }
  await settle(1_000);
  /** What a controller does, in its order. */
  const move = async (): Promise<void> => {
    top.meetings.drain({ draining: true });
    const { checkpoint, live } = await until(top.meetings.handover(meetingId));
    await until(next.meetings.open({ meeting: spec, epoch: 2, checkpoint, live }));
    top.meetings.moved(meetingId, 2);
    await settle();
  };
  const lead = async (): Promise<void> => {
    for (const router of [one, two]) await until(router.branches.open(order(next, 2)));
    await settle();
  };
  /** As its page does when its link was closed to be resumed: with the media it has. */
  const resume = async (
    router: CascadeRouter,
    before: Browser,
    name: string,
    role: Role,
  ): Promise<Browser> => {
    const browser = new Browser(router, name);
    browser.adopt(before.view, before.rev);
    const { sessionId } = before.joined;
    const seat = await router.seat(name, role);
    const answer = await until(browser.hello(seat, { sessionId, rev: before.rev }));
    expect(answer).toMatchObject({ state: 'joined', resumed: true });
    return browser;
  };
  /** The people of the drained router, each with a second link to the next one. */
  const follow = async (): Promise<Browser[]> => {
    expect([host, dan].map((one) => one.events('meeting.moving').length)).toEqual([1, 1]);
    const there = await join(next, 'ann', 'host');
    const danThere = await join(next, 'dan');
    await danThere.send('mic', false, sent.danMic);
    await there.peer.request('media.want', { tiles: [picture(eve.participantId)] });
    for (const one of [host, dan]) await one.peer.request('move.done', {});
    await settle(1_000);
    return [there, danThere];
  };
  return { ...cascade, one, two, next, host, dan, bob, eve, sent, move, lead, resume, follow };
};

type Cascade = Awaited<ReturnType<typeof start>>;

const heard = (router: CascadeRouter, trackId: TrackId): number =>
  router.engine.producer(trackId)?.consumers.size ?? 0;

const expectWhole = async ({ top, next, one, two, sent, settle }: Cascade, browsers: readonly Browser[]) => {
  for (const ms of [0, 10_000, 40_000]) {
    await settle(ms);
    const [first] = browsers;
    for (const browser of browsers) {
      expect(browser.closed).toBeUndefined();
      expect(browser.view).toEqual(first?.view);
    }
    expect(
      first?.view?.participants.map(({ name, role, presence }) => `${name} ${role} ${presence}`),
    ).toEqual([
      'ann host connected',
      'dan participant connected',
      'bob co-host connected',
      'eve guest connected',
    ]);
    const tracks = first?.view?.participants.flatMap((person) => person.tracks) ?? [];
    expect(tracks.map(({ trackId, muted }) => [trackId, muted])).toEqual([
      [sent.danMic, false],
      [sent.bobMic, true],
      [sent.eveCamera, false],
      [sent.eveMic, false],
    ]);
    // Ann, on the next router, and Bob, behind a branch of it, see and hear Eve, who is behind the other.
    expect([next, one].map((router) => heard(router, sent.eveCamera))).toEqual([1, 1]);
    expect([next, one].map((router) => heard(router, sent.eveMic))).toEqual([2, 1]);
    expect([next, one, two].map((router) => heard(router, sent.danMic))).toEqual([1, 1, 1]);
    expect(one.engine.producer(sent.bobMic)?.paused).toBe(true);
  }
  // One owner, and nothing of the meeting is left where it was.
  expect(top.meetings.reports()).toEqual([]);
  expect(top.engine.room(meetingId)).toBeUndefined();
  expect(next.meetings.reports()).toMatchObject([{ meetingId, epoch: 2, participants: 4 }]);
  expect([one, two].flatMap(({ branches }) => branches.reports())).toMatchObject([
    { epoch: 2 },
    { epoch: 2 },
  ]);
  expect(
    [top, next].flatMap(({ history }) => history).filter(({ kind }) => kind === 'participant.left'),
  ).toEqual([]);
};

test('a meeting with branches moves: everybody keeps place, role and mute, and streams flow again', async () => {
  const all = await start();
  const { one, two, bob, eve, move, lead, follow, resume } = all;
  await move();
  await lead();
  const there = await follow();
  // Behind branches nobody moves: their browsers take the meeting from the next owner.
  expect([bob, eve].map(({ closed }) => closed?.code)).toEqual([1012, 1012]);
  const bobAgain = await resume(one, bob, 'bob', 'participant');
  const eveAgain = await resume(two, eve, 'eve', 'guest');
  await expectWhole(all, [...there, bobAgain, eveAgain]);
  const [ann] = there;
  expect(await codeOf(bobAgain.peer.request('host.mute', { participantId: prt('eve'), source: 'mic' }))).toBe(
    'ok',
  );
  await eveAgain.peer.request('chat.send', { lineId: line('after'), text: 'after' });
  await all.settle(200);
  expect(ann?.view?.chat.map(({ text }) => text)).toEqual(['after']);
  expect(two.engine.producer(all.sent.eveMic)?.paused).toBe(true);
});

test('what is asked behind a branch meanwhile is done by the next owner or refused, never both and never neither', async () => {
  const all = await start();
  const { top, one, two, bob, eve, settle, move, lead, follow, resume } = all;
  const before = top.meetings.handover(meetingId);
  await settle();
  const asked = [
    codeOf(bob.peer.request('chat.send', { lineId: line('said'), text: 'said' })),
    codeOf(bob.peer.request('host.lock', { locked: true })),
  ];
  await settle(100);
  // The controller of that handover died; another one moves the meeting.
  await before;
  await settle(3_100);
  await move();
  await lead();
  const there = await follow();
  const bobAgain = await resume(one, bob, 'bob', 'participant');
  const eveAgain = await resume(two, eve, 'eve', 'guest');
  const [said, locked] = await Promise.all(asked);
  await expectWhole(all, [...there, bobAgain, eveAgain]);
  const view = bobAgain.view;
  expect([view?.chat.length === 1, view?.locked]).toEqual([said === 'ok', locked === 'ok']);
});

test('the branches hear of the move late: their people wait, and nobody is taken for gone', async () => {
  const all = await start();
  const { one, two, bob, eve, settle, move, lead, follow, resume } = all;
  await move();
  const there = await follow();
  await settle(9_000);
  await lead();
  const bobAgain = await resume(one, bob, 'bob', 'participant');
  const eveAgain = await resume(two, eve, 'eve', 'guest');
  await settle(1_000);
  expect(bobAgain.names()).toEqual(['ann', 'dan', 'bob', 'eve']);
  await expectWhole(all, [...there, bobAgain, eveAgain]);
});
