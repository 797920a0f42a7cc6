import { FakeClock, silentLogger } from '@guildhall/kit';
import { MeetingIdSchema } from '@guildhall/protocol';
import { GuildhallError } from '@guildhall/rpc';
import { openSettings } from '@guildhall/testkit/meeting-settings';
import { describe, expect, test } from 'vitest';
import type { StoredMeeting } from '../types.ts';
import { StoreKeeper } from './store-keeper.ts';
import type { RegisteredController } from './types.ts';

const meetingId = MeetingIdSchema.parse('mtg_0000000000');

const makeMeeting = (version = 1) => {
  const meeting = {
    meetingId,
    epoch: 1,
    version,
    rev: version,
    supersededTimes: 0,
    checkpoint: () => ({
      spec: {
        meetingId,
        number: '123456789',
        topic: 'T',
        settings: openSettings,
      },
      rev: meeting.rev,
      startedAtMs: 0,
      locked: false,
      people: [],
      waiting: [],
      admitted: [],
      removed: [],
      chat: [],
    }),
    superseded: () => {
      meeting.supersededTimes += 1;
    },
    change: () => {
      meeting.version += 1;
      meeting.rev += 1;
    },
  };
  return meeting satisfies StoredMeeting & Record<string, unknown>;
};

const works = (): Promise<void> => Promise.resolve();

const makeController = () => {
  const revs: number[] = [];
  const ends: string[] = [];
  let answer = works;
  const controller: RegisteredController = {
    putCheckpoint: ({ rev }) => {
      revs.push(rev);
      return answer();
    },
    meetingEnded: ({ reason }) => {
      ends.push(reason);
      return answer();
    },
    putEvents: () => Promise.resolve(),
    reportLoad: () => undefined,
    reportQuality: () => undefined,
  };
  return {
    controller,
    revs,
    ends,
    answers: (how: () => Promise<void>) => {
      answer = how;
    },
  };
};

const never = (): Promise<void> => Promise.withResolvers<void>().promise;
const fails = (code: string) => () => Promise.reject(new GuildhallError(code, 'no'));

const make = () => {
  const clock = new FakeClock();
  return { clock, keeper: new StoreKeeper(clock, silentLogger) };
};

describe('what must survive the router', () => {
  test('is stored when either of two controllers has it', async () => {
    const { keeper } = make();
    const [one, two] = [makeController(), makeController()];
    one.answers(never);
    keeper.link(one.controller);
    keeper.link(two.controller);
    const meeting = makeMeeting();
    keeper.store(meeting);
    await keeper.stored(meeting);
    expect([one.revs, two.revs]).toEqual([[1], [1]]);
  });

  test('waits for a controller, and gives up after five seconds with the act in force', async () => {
    const { clock, keeper } = make();
    const meeting = makeMeeting();
    keeper.store(meeting);
    const early = keeper.stored(meeting);
    await clock.advance(4_000);
    const late = makeController();
    keeper.link(late.controller);
    await early;
    late.answers(never);
    meeting.change();
    keeper.store(meeting);
    const refused = keeper.stored(meeting).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await refused).toMatchObject({ code: 'meeting.not-stored' });
  });

  test('goes out again after a failure, and to a controller that comes back', async () => {
    const { clock, keeper } = make();
    const meeting = makeMeeting();
    const first = makeController();
    first.answers(fails('store.unavailable'));
    const unlink = keeper.link(first.controller);
    keeper.store(meeting);
    await clock.advance(0);
    first.answers(() => Promise.resolve());
    await clock.advance(500);
    expect(first.revs).toEqual([1, 1]);
    unlink();
    const again = makeController();
    keeper.link(again.controller);
    await clock.advance(0);
    expect(again.revs).toEqual([1]);
  });

  test('many changes during one write are one more write', async () => {
    const { clock, keeper } = make();
    const one = makeController();
    const slow = Promise.withResolvers<void>();
    one.answers(() => slow.promise);
    keeper.link(one.controller);
    const meeting = makeMeeting();
    for (let n = 0; n < 10; n++) {
      keeper.store(meeting);
      meeting.change();
    }
    slow.resolve();
    await clock.advance(0);
    expect(one.revs).toEqual([1, 11]);
  });

  test('a meeting opened anew is stored although its versions begin again', async () => {
    const { clock, keeper } = make();
    const one = makeController();
    keeper.link(one.controller);
    keeper.store(makeMeeting(50));
    await clock.advance(0);
    const reborn = makeMeeting(1);
    keeper.store(reborn);
    await keeper.stored(reborn);
    expect(one.revs).toEqual([50, 1]);
  });

  test('a router that was overtaken lets go of the meeting', async () => {
    const { clock, keeper } = make();
    const one = makeController();
    one.answers(fails('zone.stale-epoch'));
    keeper.link(one.controller);
    const meeting = makeMeeting();
    keeper.store(meeting);
    await clock.advance(2_000);
    expect(meeting.supersededTimes).toBe(1);
    expect(one.revs).toHaveLength(1);
  });

  test('the end of a meeting reaches every controller, also one that was away', async () => {
    const { clock, keeper } = make();
    const one = makeController();
    keeper.link(one.controller);
    keeper.store(makeMeeting());
    await clock.advance(0);
    await keeper.ended({ meetingId, epoch: 1, reason: 'empty', atMs: 0 });
    const two = makeController();
    keeper.link(two.controller);
    await clock.advance(0);
    expect([one.ends, two.ends]).toEqual([['empty'], ['empty']]);
    expect(two.revs).toEqual([]);
  });
});
