/* oxlint-disable vitest/expect-expect -- the properties expect */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateSigningKey, signToken } from '@guildhall/kit';
import { isErrorCode, meetingContract, protocolVersions, routerAudience } from '@guildhall/protocol';
import { Browser, codeOf, join, makeRouter, meetingId, prt, type TestRouter } from './harness.ts';

const methods = Object.keys(meetingContract.a.requests);
const hello = (seat: unknown, more: object = {}) => ({
  protocol: protocolVersions.max,
  features: [],
  seat,
  ...more,
});

/** A link that is spoken to in bare text. */
const rawLink = (router: TestRouter) => {
  const { pipe } = router.dialIn();
  const heard: { id?: unknown; error?: { data?: { code?: string } } }[] = [];
  const state = { closed: undefined as number | undefined };
  pipe.onMessage((text) => heard.push(JSON.parse(text)));
  pipe.onClose(({ code }) => {
    state.closed = code;
  });
  return {
    pipe,
    heard,
    state,
    say: (method: string, params: unknown, id: unknown = 1) =>
      pipe.send(JSON.stringify({ jsonrpc: '2.0', id, method, params })),
    errors: () => heard.flatMap(({ error }) => (error ? [error.data?.code ?? 'none'] : [])),
  };
};

/** Values near what the methods expect, and far from it. */
const plausible = fc.record(
  {
    participantId: fc.constantFrom(prt('ann'), prt('bob'), 'prt_x', 'mtg_0000000000', 5, null),
    trackId: fc.constantFrom('trk_0000000001', '../../etc', {}),
    transportId: fc.string({ maxLength: 70 }),
    consumerId: fc.string({ maxLength: 70 }),
    epoch: fc.oneof(fc.integer(), fc.double(), fc.constant('1')),
    tiles: fc.oneof(fc.array(fc.anything(), { maxLength: 3 }), fc.constant(null)),
    rtpCapabilities: fc.anything(),
    rtpParameters: fc.anything(),
    dtlsParameters: fc.anything(),
    kind: fc.constantFrom('audio', 'video', 'data'),
    source: fc.constantFrom('mic', 'camera', 'screen', 'fork'),
    muted: fc.oneof(fc.boolean(), fc.constant('no')),
    locked: fc.boolean(),
    raised: fc.boolean(),
    name: fc.string(),
    text: fc.string(),
    lineId: fc.constantFrom('cht_0000000001', 'x'),
    role: fc.constantFrom('host', 'king'),
    settings: fc.anything(),
    seat: fc.constantFrom('a.b.c', '', 7),
    protocol: fc.integer(),
    features: fc.constant([]),
  },
  { requiredKeys: [] },
);
const message = fc.oneof(
  fc
    .record({ method: fc.constantFrom(...methods), params: fc.oneof(plausible, fc.jsonValue()) })
    .map(({ method, params }) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })),
  fc
    .record({ method: fc.string({ maxLength: 20 }), params: fc.jsonValue() })
    .map(({ method, params }) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string(),
  fc.constant('{"jsonrpc":"2.0","id":1,"method":"hello","method":"leave"}'),
  fc.constant(`${'['.repeat(100)}${']'.repeat(100)}`),
  fc.constant('{"jsonrpc":"2.0","id":1,"method":"hand.set","params":{"__proto__":{"raised":true}}}'),
);

const answersRegistered = async (
  router: TestRouter,
  open: () => Promise<ReturnType<typeof rawLink>>,
): Promise<void> => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 12, size: 'max' }), async (messages) => {
      const link = await open();
      for (const text of messages) link.pipe.send(text);
      await router.clock.advance(0);
      await router.clock.advance(0);
      for (const code of link.errors()) expect([code, isErrorCode(code)]).toEqual([code, true]);
      expect(link.errors()).not.toContain('internal');
      link.pipe.close();
      await router.clock.advance(0);
    }),
    { numRuns: 60 },
  );
};

describe('whatever a browser sends', () => {
  test('before hello: registered refusals, and only hello gets further', async () => {
    const router = await makeRouter();
    await answersRegistered(router, async () => rawLink(router));
    expect(router.meetings.reports()).toMatchObject([{ participants: 0 }]);
  });

  test('from the lobby: registered refusals, and the meeting does not change', async () => {
    const router = await makeRouter({ lobby: true });
    const ann = await join(router, 'ann', 'host');
    await router.clock.advance(0);
    await answersRegistered(router, async () => {
      const link = rawLink(router);
      link.say('hello', hello(await router.seat('bob', 'guest')), 'h');
      await router.clock.advance(0);
      return link;
    });
    expect(ann.names()).toEqual(['ann']);
    expect(ann.view?.locked).toBe(false);
  });

  test('from inside: registered refusals, and the host is not harmed', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    await answersRegistered(router, async () => {
      const link = rawLink(router);
      link.say('hello', hello(await router.seat('bob', 'guest')), 'h');
      await router.clock.advance(0);
      return link;
    });
    expect(ann.closed).toBeUndefined();
    expect(ann.view).toEqual((await ann.peer.request('view.get', {})).view);
    expect(ann.view?.participants[0]?.role).toBe('host');
  });
});

describe('the door', () => {
  const seatOf = async (router: TestRouter, change: object): Promise<string> =>
    codeOf(new Browser(router, 'bob').hello(await router.seat('bob', 'guest', { ...change })));

  test('good only for this router, this meeting, this key and its time', async () => {
    const router = await makeRouter();
    expect(await seatOf(router, { meetingId: 'mtg_9999999999' })).toBe('meeting.not-here');
    expect(await seatOf(router, { role: 'king' })).toBe('seat.invalid');
    const stranger = await generateSigningKey();
    const base = {
      issuer: 'nod_0000000000',
      audience: routerAudience('rtr_0000000000'),
      typ: 'seat',
      lifetimeMs: 60_000,
      clock: router.clock,
      claims: {
        routerId: 'rtr_0000000000',
        meetingId,
        participantId: prt('bob'),
        subject: `guest:${prt('bob')}`,
        name: 'bob',
        role: 'host',
      },
    };
    const good = { ...base, key: router.key };
    const seats = {
      forged: await signToken({ ...base, key: stranger }),
      foreign: await signToken({ ...good, audience: routerAudience('rtr_1111111111') }),
      ticket: await signToken({ ...good, typ: 'ticket' }),
      endless: await signToken({ ...good, lifetimeMs: 86_400_000 }),
      old: await signToken({ ...good, clock: { now: () => router.clock.now() - 3_600_000 } }),
      unsigned: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.x`,
    };
    const outcomes: Record<string, string> = {};
    for (const [name, seat] of Object.entries(seats)) {
      outcomes[name] = await codeOf(new Browser(router, 'bob').hello(seat));
    }
    expect(outcomes).toEqual({
      forged: 'seat.invalid',
      foreign: 'seat.invalid',
      ticket: 'seat.invalid',
      endless: 'seat.invalid',
      old: 'seat.expired',
      unsigned: 'seat.invalid',
    });
  });

  test('an unspoken protocol version is refused by name', async () => {
    const router = await makeRouter();
    const link = rawLink(router);
    link.say('hello', { ...hello(await router.seat('bob', 'guest')), protocol: 99 });
    await router.clock.advance(0);
    expect(link.errors()).toEqual(['protocol.version']);
  });

  test('who says nothing is cut off after ten seconds, who says something else at once', async () => {
    const router = await makeRouter();
    const silent = rawLink(router);
    const rude = rawLink(router);
    rude.say('host.end', {});
    await router.clock.advance(0);
    expect(rude.errors()).toEqual(['protocol.hello-required']);
    expect(rude.state.closed).toBe(4401);
    await router.clock.advance(10_000);
    expect(silent.state.closed).toBe(4408);
  });

  test('a flood is slowed down, nonsense without end is cut off', async () => {
    const router = await makeRouter();
    const bob = await join(router, 'bob');
    const hands = Array.from({ length: 700 }, () => codeOf(bob.peer.request('hand.set', { raised: true })));
    const codes = await Promise.all(hands);
    expect(codes.filter((code) => code === 'rate.limited').length).toBeGreaterThanOrEqual(99);
    await router.clock.advance(1_000);
    expect(await codeOf(bob.peer.request('hand.set', { raised: false }))).toBe('ok');
    const link = rawLink(router);
    for (let n = 0; n < 150; n++) link.pipe.send('not json');
    await router.clock.advance(0);
    expect(link.state.closed).toBe(4413);
  });

  test('media of somebody else, twice, or beyond any limit is refused', async () => {
    const router = await makeRouter();
    const ann = await join(router, 'ann', 'host');
    const bob = await join(router, 'bob');
    const mic = await ann.send('mic');
    const { peer, offer } = bob;
    await bob.send('camera');
    const dtls = (byte: string) => ({
      role: 'client' as const,
      fingerprints: [
        { algorithm: 'sha-256' as const, value: Array.from({ length: 32 }, () => byte).join(':') },
      ],
    });
    const connect = (transportId: string, byte: string): Promise<string> =>
      codeOf(peer.request('media.connect', { transportId, dtlsParameters: dtls(byte) }));
    expect(await connect(ann.offer.send.transportId, 'AA')).toBe('media.unknown-transport');
    expect(await connect(offer.recv.transportId, 'AA')).toBe('ok');
    expect(await connect(offer.recv.transportId, 'AA')).toBe('ok');
    expect(await connect(offer.recv.transportId, 'BB')).toBe('media.already-connected');
    expect(await codeOf(peer.request('media.mute', { trackId: mic, muted: true }))).toBe(
      'media.unknown-producer',
    );
    expect(await codeOf(peer.request('media.stop', { trackId: mic }))).toBe('ok');
    expect(router.engine.producer(mic)?.closed).toBe(false);
    const restart = (): Promise<string> =>
      codeOf(peer.request('media.restartIce', { transportId: offer.recv.transportId }));
    const restarts = [await restart(), await restart(), await restart(), await restart()];
    expect(restarts).toEqual(['ok', 'ok', 'ok', 'rate.limited']);
    const produces = [];
    for (let n = 0; n < 25; n++) produces.push(await codeOf(bob.send('mic')));
    expect(new Set(produces)).toEqual(new Set(['ok', 'media.source-taken', 'rate.limited']));
  });
});
