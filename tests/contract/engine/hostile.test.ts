import { isErrorCode } from '@guildhall/protocol';
import { isGuildhallError } from '@guildhall/rpc';
import { assert, asyncProperty, constantFrom, nat } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Room, Transport } from '../../../apps/mmr/src/engine/port.ts';
import {
  camera,
  dtls,
  h264Camera,
  microphone,
  openRoom,
  receiver,
  receiverOf,
  sender,
  settled,
  trackId,
} from './fixtures.ts';
import { changes, hostile, mutate } from './mutations.ts';
import { subjects } from './subjects.ts';

const refusalOf = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt;
    return 'accepted';
  } catch (error) {
    if (!isGuildhallError(error)) throw error;
    expect(isErrorCode(error.code)).toBe(true);
    // A refusal must not carry what the stranger wrote.
    expect(error.message).not.toMatch(/\$\(id\)|\u202e|a{100}|\n/u);
    return error.code;
  }
};

const honest = [
  { name: 'microphone', kind: 'audio', source: 'mic', make: microphone },
  { name: 'camera', kind: 'video', source: 'camera', make: camera },
  { name: 'H.264 camera', kind: 'video', source: 'camera', make: h264Camera },
] as const;

describe.each(subjects)('$name', ({ create }) => {
  let engine: Engine;
  let room: Room;
  let send: Transport;
  let recv: Transport;
  let pids: readonly (number | undefined)[];

  beforeAll(async () => {
    ({ engine } = await create({ workerCount: 1 }));
    room = await openRoom(engine);
    [send, recv] = await Promise.all([sender(room), receiver(room)]);
    pids = engine.workers().map(({ pid }) => pid);
  });

  afterAll(async () => {
    await engine.close();
  });

  /** The worker lives, an honest person is served as before, and nothing was left behind. */
  const expectUnharmed = async (): Promise<void> => {
    expect(engine.workers().map(({ pid }) => pid)).toEqual(pids);
    const producer = await send.produce({
      producerId: trackId(),
      kind: 'video',
      source: 'camera',
      rtpParameters: camera(),
    });
    const consumer = await recv.consume({ producerId: producer.id, rtpCapabilities: receiverOf(room) });
    consumer.close();
    producer.close();
    await settled(engine);
    const { workers } = await engine.load();
    expect(workers).toMatchObject([{ rooms: 1, transports: 2, producers: 0, consumers: 0 }]);
  };

  test.each(honest)('changed parameters of a $name never harm the worker', async ({ kind, source, make }) => {
    const seen = new Set<string>();
    await assert(
      asyncProperty(changes, async (list) => {
        const rtpParameters = hostile(mutate(make(), list));
        const attempt = send.produce({ producerId: trackId(), kind, source, rtpParameters });
        seen.add(await refusalOf(attempt));
        const producer = await attempt.catch(() => undefined);
        if (producer === undefined) return;
        // What was accepted must also be fit to be received.
        const receiving = recv.consume({ producerId: producer.id, rtpCapabilities: receiverOf(room) });
        expect(await refusalOf(receiving)).toBe('accepted');
        producer.close();
      }),
      { numRuns: 400 },
    );
    await expectUnharmed();
    expect([...seen].toSorted()).toEqual(['accepted', 'media.invalid-parameters']);
  });

  test('changed capabilities never harm the worker', async () => {
    const producers = await Promise.all(
      honest.map(({ kind, source, make }) =>
        send.produce({ producerId: trackId(), kind, source, rtpParameters: make() }),
      ),
    );
    await assert(
      asyncProperty(changes, nat({ max: producers.length - 1 }), async (list, which) => {
        const rtpCapabilities = hostile(mutate(receiverOf(room), list));
        const attempt = recv.consume({ producerId: producers[which]?.id ?? '', rtpCapabilities });
        expect(['accepted', 'media.invalid-parameters', 'media.cannot-consume']).toContain(
          await refusalOf(attempt),
        );
        (await attempt.catch(() => undefined))?.close();
      }),
      { numRuns: 300 },
    );
    for (const producer of producers) producer.close();
    await expectUnharmed();
  });

  test('changed DTLS parameters never harm the worker', async () => {
    await assert(
      asyncProperty(changes, async (list) => {
        const transport = await sender(room, 'prt_mallory');
        const dtlsParameters = hostile(mutate(dtls(), list));
        expect(['accepted', 'media.invalid-parameters']).toContain(
          await refusalOf(transport.connect(dtlsParameters)),
        );
        transport.close();
      }),
      { numRuns: 200 },
    );
    await expectUnharmed();
  });

  test('refused DTLS parameters leave the transport free to be connected', async () => {
    const transport = await sender(room, 'prt_mallory');
    const short = { role: 'client', fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] };
    expect(await refusalOf(transport.connect(hostile(short)))).toBe('media.invalid-parameters');
    await transport.connect(dtls());
    transport.close();
  });

  const rejected: readonly [string, unknown, 'audio' | 'video'][] = [
    ['audio sent as video', microphone(), 'video'],
    ['video sent as audio', camera(), 'audio'],
    [
      'a codec the meeting does not have',
      { ...camera(), codecs: [{ mimeType: 'video/AV1', payloadType: 45, clockRate: 90_000 }] },
      'video',
    ],
    ['only a retransmission codec', { ...camera(), codecs: camera().codecs.slice(1) }, 'video'],
    [
      'a retransmission of itself',
      { ...camera(), codecs: [camera().codecs[0], { ...camera().codecs[1], parameters: { apt: 97 } }] },
      'video',
    ],
    [
      'two codecs of one payload type',
      { ...camera(), codecs: [camera().codecs[0], camera().codecs[0]] },
      'video',
    ],
    ['an SSRC twice', { ...camera(), encodings: [{ ssrc: 5 }, { ssrc: 5 }] }, 'video'],
    [
      'an SSRC that is its own retransmission',
      { ...camera(), encodings: [{ ssrc: 5, rtx: { ssrc: 5 } }] },
      'video',
    ],
    ['an RID twice', { ...camera(), encodings: [{ rid: 'r0' }, { rid: 'r0' }] }, 'video'],
    ['RIDs without a media id', { ...camera(), mid: undefined }, 'video'],
    ['an encoding without a name', { ...camera(), encodings: [{}] }, 'video'],
    [
      'an encoding of an unknown payload type',
      { ...camera(), encodings: [{ ssrc: 7, codecPayloadType: 120 }] },
      'video',
    ],
    ['simulcast audio', { ...microphone(), encodings: [{ ssrc: 8 }, { ssrc: 9 }] }, 'audio'],
    [
      'spatial layers in one VP8 stream',
      { ...camera(), encodings: [{ ssrc: 10, scalabilityMode: 'L3T3' }] },
      'video',
    ],
    [
      'a header extension id twice',
      {
        ...microphone(),
        headerExtensions: microphone().headerExtensions?.map((entry) => ({ ...entry, id: 1 })),
      },
      'audio',
    ],
  ];
  test.each(rejected)('%s is refused', async (_name, rtpParameters, kind) => {
    const attempt = send.produce({
      producerId: trackId(),
      kind,
      source: 'camera',
      rtpParameters: hostile(rtpParameters),
    });
    expect(await refusalOf(attempt)).toBe('media.invalid-parameters');
  });

  test.each(['', '../x', '$(id)', 'a'.repeat(65), 'ä'])(
    'a producer id of %j is refused',
    async (producerId) => {
      const attempt = send.produce({ producerId, kind: 'audio', source: 'mic', rtpParameters: microphone() });
      expect(await refusalOf(attempt)).toBe('media.invalid-parameters');
      const capabilities = receiverOf(room);
      expect(await refusalOf(recv.consume({ producerId, rtpCapabilities: capabilities }))).toBe(
        'media.unknown-producer',
      );
    },
  );

  test.each([-1, 1.5, Number.NaN, 2 ** 53])('a bitrate of %s is refused', async (bitrateBps) => {
    expect(await refusalOf(send.setMaxIncomingBitrate(bitrateBps))).toBe('media.invalid-parameters');
    await expectUnharmed();
  });
});

test('both engines refuse the same', async () => {
  const sides = await Promise.all(
    subjects.map(async ({ create }) => {
      const { engine } = await create({ workerCount: 1 });
      const room = await openRoom(engine);
      return { engine, room, send: await sender(room), recv: await receiver(room) };
    }),
  );
  // One object for both: a change is named by the place of a key, and the order of keys is no part of the contract.
  const offered = sides[0] && receiverOf(sides[0].room);
  await assert(
    asyncProperty(
      changes,
      changes,
      constantFrom(...honest),
      async (list, receiverList, { kind, source, make }) => {
        const rtpParameters = hostile(mutate(make(), list));
        const verdicts = await Promise.all(
          sides.map(async ({ send, recv }) => {
            const producerId = trackId();
            const producing = send.produce({ producerId, kind, source, rtpParameters });
            const verdict = await refusalOf(producing);
            const rtpCapabilities = hostile(mutate(offered, receiverList));
            const receiving = recv.consume({ producerId, rtpCapabilities });
            const received = await refusalOf(receiving);
            const consumer = await receiving.catch(() => undefined);
            const layers = consumer?.preferredLayers;
            (await producing.catch(() => undefined))?.close();
            return { verdict, received, type: consumer?.type, layers };
          }),
        );
        expect(verdicts[0]).toEqual(verdicts[1]);
      },
    ),
    { numRuns: 500 },
  );
  await Promise.all(sides.map(({ engine }) => engine.close()));
});
