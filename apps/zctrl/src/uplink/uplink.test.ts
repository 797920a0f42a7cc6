import type { MeetingId } from '@guildhall/domain';
import { FakeClock, seededRandom, silentLogger } from '@guildhall/kit';
import {
  controlContract,
  type MeetingEvent,
  type Policy,
  type PortalChanges,
  type SpooledEvent,
} from '@guildhall/protocol';
import { createPeer, memoryPipePair, type Handlers, type Peer, type Pipe } from '@guildhall/rpc';
import { describe, expect, test } from 'vitest';
import {
  createTestZone,
  FakeRouter,
  linkRouter,
  newMeetingId,
  newRouterId,
  specOf,
  type TestZone,
} from '../testing.ts';
import { Uplink } from './uplink.ts';

/** The cloud as the zone knows it: stores events by number, answers after that, may lose an answer. */
class FakeCloud {
  readonly stored = new Map<number, SpooledEvent>();
  readonly lastSeqOf = new Map<string, number>();
  readonly repeated: number[] = [];
  readonly registers: { policyRev: number; urls: string[] }[] = [];
  readonly reports: { routers: unknown[]; meetings: number }[] = [];
  readonly authorizations: string[] = [];
  readonly checked: MeetingId[] = [];
  readonly deleted = new Set<MeetingId>();
  changed: PortalChanges[] = [];
  policy: Policy;
  isAway = false;
  dropNextAnswer = false;
  onClaim: () => Promise<void> = () => Promise.resolve();
  /** What the controller has, and what it said of it. */
  certificateEndMs: number | undefined;
  readonly certificateEnds: number[] = [];
  peer: Peer<typeof controlContract, 'a'> | undefined;

  constructor(policy: Policy) {
    this.policy = policy;
  }

  dial(authorization: string): Promise<Pipe> {
    if (this.isAway) return Promise.reject(new Error('connection refused'));
    this.authorizations.push(authorization);
    const [theirs, ours] = memoryPipePair();
    const handlers: Handlers<(typeof controlContract)['a']> = {
      register: ({ policyRev, urls }) => {
        this.registers.push({ policyRev, urls });
        return { policy: this.policy, serverTimeMs: Date.UTC(2030, 0, 1) };
      },
      'meeting.claim': async ({ claims }) => {
        await this.onClaim();
        return { answers: claims.map(({ place }) => ({ kind: 'granted' as const, epoch: place.epoch })) };
      },
      'meetings.check': ({ meetingIds }) => {
        this.checked.push(...meetingIds);
        return {
          deleted: meetingIds.filter((meetingId) => this.deleted.has(meetingId)),
          changed: this.changed.filter(({ meetingId }) => meetingIds.includes(meetingId)),
        };
      },
      'events.push': ({ outboxEpoch, events }) => {
        const lastSeq = this.lastSeqOf.get(outboxEpoch) ?? 0;
        for (const { seq, event } of events) {
          if (seq <= lastSeq) this.repeated.push(seq);
          else this.stored.set(this.stored.size + 1, event);
        }
        const ackedSeq = Math.max(lastSeq, events.at(-1)?.seq ?? 0);
        this.lastSeqOf.set(outboxEpoch, ackedSeq);
        if (this.dropNextAnswer) {
          this.dropNextAnswer = false;
          this.peer?.close(1006);
        }
        return { ackedSeq };
      },
    };
    this.peer = createPeer({ contract: controlContract, side: 'a', pipe: theirs, handlers });
    this.peer.on('certificate.reported', ({ expiresAtMs }) => this.certificateEnds.push(expiresAtMs));
    this.peer.on('status.reported', (report) => this.reports.push(report));
    return Promise.resolve(ours);
  }
}

async function connect(zone: TestZone, cloud: FakeCloud) {
  const ended: string[] = [];
  const updates: unknown[] = [];
  const missedOnes: PortalChanges[] = [];
  const uplink = new Uplink({
    identity: zone.identity,
    dial: (authorization) => cloud.dial(authorization),
    publicUrls: ['http://localhost:8802'],
    startedAtMs: zone.clock.now(),
    policy: zone.policy,
    outbox: zone.outbox,
    status: () => ({ routers: [], meetings: zone.directory.size, participants: 0 }),
    certificateExpiresAtMs: () => cloud.certificateEndMs,
    placements: () => [],
    drainRouter: async () => undefined,
    running: () => zone.directory.running,
    onUpdate: (update) => void updates.push(update),
    onMissed: (missed) => void missedOnes.push(missed),
    endMeeting: async (meetingId) => {
      ended.push(meetingId);
      await zone.directory.end(meetingId, 'ended-by-portal');
    },
    clock: zone.clock,
    random: seededRandom(1),
    logger: silentLogger,
  });
  uplink.start();
  await until(zone.clock, () => uplink.state.state === 'connected' || cloud.isAway);
  return { uplink, ended, updates, missed: missedOnes };
}

/** Time passes in small steps: the proof is signed on a thread, which a fake clock cannot await. */
async function until(clock: FakeClock, isTrue: () => boolean): Promise<void> {
  // Of a thousand steps a busy machine makes many before the thread has its turn.
  const byMs = performance.now() + 20_000;
  while (!isTrue() && performance.now() < byMs) await clock.advance(50);
  expect(isTrue()).toBe(true);
}

const event = (): MeetingEvent => ({ kind: 'meeting.started', meetingId: newMeetingId(), atMs: 1 });

describe('the link to the cloud', () => {
  test('brings the policy, says what the zone has, and proves itself anew each time', async () => {
    const zone = await createTestZone({ withPolicy: false });
    const cloud = new FakeCloud(zone.policyOfZone);
    const { uplink } = await connect(zone, cloud);
    expect(zone.policy.current?.rev).toBe(1);
    expect(cloud.registers).toEqual([{ policyRev: -1, urls: ['http://localhost:8802'] }]);
    await until(zone.clock, () => cloud.reports.length >= 2);
    cloud.peer?.emit('policy.changed', { policy: { ...zone.policyOfZone, rev: 2 } });
    await until(zone.clock, () => zone.policy.current?.rev === 2);
    cloud.peer?.close(1006);
    await until(zone.clock, () => cloud.registers.length === 2);
    expect(cloud.registers[1]?.policyRev).toBe(2);
    // On a busy machine a dial may be given up and repeated while its proof is being signed.
    expect(cloud.authorizations.length).toBeGreaterThanOrEqual(2);
    expect(new Set(cloud.authorizations).size).toBe(cloud.authorizations.length);
    uplink.close();
    uplink.close();
  });

  test('says when its certificate ends: once on each link, and when there is another', async () => {
    const zone = await createTestZone();
    const cloud = new FakeCloud(zone.policyOfZone);
    cloud.certificateEndMs = 5;
    const { uplink } = await connect(zone, cloud);
    await until(zone.clock, () => cloud.reports.length >= 3);
    expect(cloud.certificateEnds).toEqual([5]);
    cloud.certificateEndMs = 9;
    await until(zone.clock, () => cloud.certificateEnds.length === 2);
    cloud.peer?.close(1006);
    await until(zone.clock, () => cloud.certificateEnds.length === 3);
    expect(cloud.certificateEnds).toEqual([5, 9, 9]);
    uplink.close();
  });

  test('with the cloud away the zone works on by the last policy, and the events wait', async () => {
    const zone = await createTestZone();
    const cloud = new FakeCloud(zone.policyOfZone);
    cloud.isAway = true;
    const { uplink } = await connect(zone, cloud);
    zone.outbox.put('batch-0001', [event(), event()]);
    await zone.clock.advance(60_000);
    expect(zone.policy.current?.rev).toBe(1);
    expect(zone.outbox.size).toBe(2);
    cloud.isAway = false;
    await until(zone.clock, () => zone.outbox.size === 0);
    expect(cloud.stored.size).toBe(2);
    uplink.close();
  });

  test('a lost answer repeats the batch under the same numbers, and nothing is lost', async () => {
    const zone = await createTestZone();
    const cloud = new FakeCloud(zone.policyOfZone);
    cloud.dropNextAnswer = true;
    const { uplink } = await connect(zone, cloud);
    zone.outbox.put('batch-0001', [event(), event(), event()]);
    await until(zone.clock, () => zone.outbox.size === 0);
    expect(cloud.stored.size).toBe(3);
    expect(cloud.repeated).toEqual([1]);
    uplink.close();
  });

  test('a VM put back to a snapshot gives numbers out again, and still no event is taken for a repeat', async () => {
    const zone = await createTestZone();
    const cloud = new FakeCloud(zone.policyOfZone);
    // What the cloud got from the disk that is no more.
    cloud.lastSeqOf.set(zone.outbox.epoch, 40);
    const before = zone.outbox.epoch;
    zone.outbox.put('batch-0001', Array.from({ length: 60 }, event));
    const { uplink } = await connect(zone, cloud);
    await until(zone.clock, () => zone.outbox.size === 0);
    expect(zone.outbox.epoch).not.toBe(before);
    expect(cloud.stored.size).toBe(60);
    uplink.close();
  });

  test('an order to end a meeting is obeyed', async () => {
    const zone = await createTestZone();
    const cloud = new FakeCloud(zone.policyOfZone);
    const { uplink, ended } = await connect(zone, cloud);
    const meetingId = newMeetingId();
    await cloud.peer?.request('meeting.end', { meetingId, reason: 'ended-by-portal' });
    expect(ended).toEqual([meetingId]);
    uplink.close();
  });

  test('what was deleted while nobody could be told is ended when the link opens, and when it is seen to run', async () => {
    const zone = await createTestZone();
    const cloud = new FakeCloud(zone.policyOfZone);
    const [early, kept, late] = [specOf(), specOf(), specOf()];
    const first = await linkRouter(zone);
    for (const spec of [early, kept]) await zone.directory.locate(spec, { isReturn: false });
    cloud.deleted.add(early.meetingId).add(late.meetingId);
    const { uplink, ended } = await connect(zone, cloud);
    await until(zone.clock, () => ended.length === 1);
    expect(ended).toEqual([early.meetingId]);
    expect(first.ended).toEqual([{ meetingId: early.meetingId, reason: 'ended-by-portal' }]);
    // A router that dials later brings what it has.
    const second = new FakeRouter(zone);
    second.meetings.set(late.meetingId, { epoch: 1, checkpoint: null, startedAtMs: 1 });
    await second.register();
    await until(zone.clock, () => ended.length === 2);
    expect(second.ended).toEqual([{ meetingId: late.meetingId, reason: 'ended-by-portal' }]);
    expect(zone.directory.running).toEqual([kept.meetingId]);
    // Asked about once on each link.
    await zone.clock.advance(20_000);
    expect(cloud.checked.toSorted()).toEqual(
      [early, kept, late].map(({ meetingId }) => meetingId).toSorted(),
    );
    cloud.peer?.close(1006);
    await until(zone.clock, () => cloud.checked.length === 4);
    expect(cloud.checked.at(-1)).toBe(kept.meetingId);
    uplink.close();
  });

  test('what was changed while nobody could be told is handed on once for each link', async () => {
    const zone = await createTestZone();
    const cloud = new FakeCloud(zone.policyOfZone);
    const [changed, other] = [specOf(), specOf()];
    await linkRouter(zone);
    for (const spec of [changed, other]) await zone.directory.locate(spec, { isReturn: false });
    const change = { agoMs: 5, atMs: 1, settings: { lobby: true } };
    cloud.changed = [{ meetingId: changed.meetingId, changes: [change] }];
    const { uplink, missed } = await connect(zone, cloud);
    await until(zone.clock, () => missed.length === 1);
    await zone.clock.advance(20_000);
    expect(missed).toEqual(cloud.changed);
    cloud.peer?.close(1006);
    await until(zone.clock, () => missed.length === 2);
    uplink.close();
  });

  test('what changed of a meeting is handed on', async () => {
    const zone = await createTestZone();
    const cloud = new FakeCloud(zone.policyOfZone);
    const { uplink, updates } = await connect(zone, cloud);
    const update = { meetingId: newMeetingId(), atMs: 7, settings: { lobby: true } };
    cloud.peer?.emit('meeting.updated', update);
    await until(zone.clock, () => updates.length > 0);
    expect(updates).toEqual([update]);
    uplink.close();
  });

  test('the policy of another zone is refused and the last good one kept', async () => {
    const zone = await createTestZone();
    const stranger = await createTestZone();
    const cloud = new FakeCloud({ ...stranger.policyOfZone, rev: 9 });
    const { uplink } = await connect(zone, cloud);
    expect(zone.policy.current).toEqual(zone.policyOfZone);
    uplink.close();
  });
});

describe('the cloud as witness', () => {
  class StallingClock extends FakeClock {
    stalledMs = 0;

    override monotonicMs(): number {
      return super.monotonicMs() + this.stalledMs;
    }
  }
  const never = (): Promise<never> => Promise.withResolvers<never>().promise;

  const askWhile = async (stallMs: number) => {
    const clock = new StallingClock();
    const zone = await createTestZone({ clock });
    const cloud = new FakeCloud(zone.policyOfZone);
    const { uplink } = await connect(zone, cloud);
    let asked = 0;
    cloud.onClaim = () => (asked++ === 0 ? never() : Promise.resolve());
    const place = { routerId: newRouterId(), signallingUrls: ['ws://localhost:1/v1/meeting'], epoch: 5 };
    const answers = uplink.claim([{ meetingId: newMeetingId(), place }]);
    await clock.advance(10);
    clock.stalledMs = stallMs;
    await clock.advance(500);
    const said = (await answers).map(({ kind }) => kind);
    uplink.close();
    return { said, asked };
  };

  test('that does not answer in time is silent', async () => {
    expect(await askWhile(0)).toEqual({ said: ['silent'], asked: 1 });
  });

  test('is asked again when it was this process that stood still', async () => {
    expect(await askWhile(5_000)).toEqual({ said: ['granted'], asked: 2 });
  });
});
