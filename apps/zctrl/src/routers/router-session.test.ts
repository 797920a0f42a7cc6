import { features, productVersion } from '@guildhall/protocol';
import { describe, expect, test } from 'vitest';
import {
  checkpointOf,
  createTestZone,
  FakeRouter,
  linkRouter,
  newMeetingId,
  newNodeId,
  specOf,
} from '../testing.ts';

const registerOf = (router: FakeRouter, facts: object = {}) => ({
  protocol: 1,
  features: [...features],
  routerId: router.routerId,
  nodeId: router.nodeId,
  version: productVersion,
  signallingUrls: ['ws://localhost:8443/'],
  meetings: [],
  ...facts,
});

describe('the link of a router', () => {
  test('takes nothing before register, and register once', async () => {
    const zone = await createTestZone();
    const router = new FakeRouter(zone);
    const meeting = specOf();
    const put = { meetingId: meeting.meetingId, epoch: 1, rev: 1, checkpoint: checkpointOf(meeting) };
    await expect(router.peer.request('checkpoint.put', put)).rejects.toMatchObject({
      code: 'protocol.hello-required',
    });
    router.report();
    await router.register();
    await expect(router.register()).rejects.toMatchObject({ code: 'protocol.hello-repeated' });
    // Until it reports, nothing is placed on it.
    expect(zone.registry.all()[0]?.load).toBeNull();
  });

  test('is closed when register does not come', async () => {
    const zone = await createTestZone();
    const router = new FakeRouter(zone);
    await zone.clock.advance(5_001);
    expect(await router.peer.closed).toMatchObject({ code: 4408 });
  });

  test('refuses another node than the one that proved itself, another protocol, and a zone without policy', async () => {
    const zone = await createTestZone();
    const router = new FakeRouter(zone);
    const foreign = registerOf(router, { nodeId: newNodeId() });
    await expect(router.peer.request('register', foreign)).rejects.toMatchObject({ code: 'node.bad-proof' });
    const future = registerOf(router, { protocol: 99 });
    await expect(router.peer.request('register', future)).rejects.toMatchObject({ code: 'protocol.version' });
    expect(zone.registry.all()).toEqual([]);
    const empty = new FakeRouter(await createTestZone({ withPolicy: false }));
    await expect(empty.register()).rejects.toMatchObject({ code: 'zone.no-policy' });
  });

  test('tells the cloud of an end once, however often the router says it', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const meeting = specOf();
    const { epoch } = await zone.directory.locate(meeting, { isReturn: false });
    const { meetingId } = meeting;
    const atMs = zone.clock.now();
    const end = { meetingId, epoch, reason: 'empty' as const, atMs };
    const started = { kind: 'meeting.started' as const, meetingId: newMeetingId(), atMs };
    const ended = { kind: 'meeting.ended' as const, meetingId, atMs, reason: 'empty' as const };
    await router.peer.request('meeting.ended', end);
    await router.peer.request('meeting.ended', end);
    await router.peer.request('events.put', { batchId: 'batch-0001', events: [started, ended] });
    const kinds = zone.outbox.peek(10).events.map(({ event }) => event.kind);
    expect(kinds).toEqual(['meeting.ended', 'meeting.started']);
    expect(zone.directory.size).toBe(0);
  });

  test('a hundred checkpoints at once are all answered', async () => {
    const zone = await createTestZone();
    const router = await linkRouter(zone);
    const specs = Array.from({ length: 100 }, () => specOf());
    await Promise.all(
      specs.map((spec) => {
        const put = { meetingId: spec.meetingId, epoch: 1, rev: 1, checkpoint: checkpointOf(spec) };
        return router.peer.request('checkpoint.put', put);
      }),
    );
    expect(zone.store.openMeetings()).toHaveLength(100);
  });
});
