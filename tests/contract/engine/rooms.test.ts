import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RoomCloseReason } from '../../../apps/mmr/src/engine/port.ts';
import {
  camera,
  dtls,
  microphone,
  next,
  openRoom,
  receiver,
  receiverOf,
  sender,
  settled,
  trackId,
} from './fixtures.ts';
import { code } from './refusals.ts';
import { subjects, type Subject } from './subjects.ts';

test('both engines offer the same capabilities', async () => {
  const [fake, real] = await Promise.all(
    subjects.map(async ({ create }) => {
      const { engine } = await create({ workerCount: 1 });
      const { rtpCapabilities } = await openRoom(engine);
      await engine.close();
      return rtpCapabilities;
    }),
  );
  expect(fake).toStrictEqual(real);
});

describe.each(subjects)('$name', ({ create }) => {
  let subject: Subject;

  beforeAll(async () => {
    subject = await create();
  });

  afterAll(async () => {
    await subject.engine.close();
  });

  test('rooms are spread over the workers, and one id is one room', async () => {
    const { engine } = subject;
    const [a, b] = await Promise.all([openRoom(engine), openRoom(engine)]);
    expect(a.workerId).not.toBe(b.workerId);
    const again = await Promise.all([
      engine.openRoom({ roomId: a.roomId }),
      engine.openRoom({ roomId: 'new-one' }),
      engine.openRoom({ roomId: 'new-one' }),
    ]);
    expect(again[0]).toBe(a);
    expect(again[1]).toBe(again[2]);
    expect(engine.room(a.roomId)).toBe(a);
    for (const room of [a, b, again[1]]) room.close();
    expect(engine.room(a.roomId)).toBeUndefined();
    expect(engine.workers().map(({ rooms }) => rooms)).toEqual([0, 0]);
  });

  test('a transport carries all a browser needs', async () => {
    const room = await openRoom(subject.engine);
    const { id, parameters } = await sender(room);
    expect(parameters.transportId).toBe(id);
    expect(parameters.iceCandidates.length).toBeGreaterThan(0);
    expect(parameters.iceCandidates[0]).toMatchObject({ address: '127.0.0.1', protocol: 'udp' });
    expect(parameters.iceParameters.iceLite).toBe(true);
    expect(parameters.dtlsParameters.fingerprints.map(({ algorithm }) => algorithm)).toEqual(['sha-256']);
    room.close();
  });

  test('connecting again with the same parameters is harmless, with others it is refused and the first is kept', async () => {
    const room = await openRoom(subject.engine);
    const transport = await sender(room);
    await Promise.all([transport.connect(dtls()), transport.connect(dtls())]);
    await transport.connect(dtls('ab'));
    await expect(transport.connect(dtls('CD'))).rejects.toEqual(code('media.already-connected'));
    await transport.connect(dtls());
    room.close();
  });

  test('an ICE restart gives other credentials', async () => {
    const room = await openRoom(subject.engine);
    const transport = await sender(room);
    const ice = await transport.restartIce();
    expect(ice.usernameFragment).not.toBe(transport.parameters.iceParameters.usernameFragment);
    room.close();
  });

  test('the transports of one participant are limited, and a closed one makes place', async () => {
    const room = await openRoom(subject.engine);
    const [first] = await Promise.all([sender(room), receiver(room, 'prt_ann'), sender(room), sender(room)]);
    await expect(sender(room)).rejects.toEqual(code('media.limit'));
    await sender(room, 'prt_other');
    first.close();
    await sender(room);
    room.close();
  });

  test('closing a room closes everything in it, tells once, and closing again does nothing', async () => {
    const { engine } = subject;
    const room = await openRoom(engine);
    const [send, recv] = await Promise.all([sender(room), receiver(room)]);
    const producer = await send.produce({
      producerId: trackId(),
      kind: 'video',
      source: 'camera',
      rtpParameters: camera(),
    });
    const consumer = await recv.consume({ producerId: producer.id, rtpCapabilities: receiverOf(room) });
    const told: string[] = [];
    room.onClose((reason) => told.push(reason));
    consumer.onProducerClose(() => told.push('producer'));
    for (const transport of [send, recv]) transport.onState((state) => told.push(state));
    room.close();
    expect([room, send, recv, producer, consumer].map(({ closed }) => closed)).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    for (const thing of [room, send, recv, producer, consumer, room]) thing.close();
    await settled(engine);
    expect(told).toEqual(['closed']);
    expect(await engine.load()).toMatchObject({
      workers: [
        { rooms: 0, transports: 0, producers: 0, consumers: 0 },
        { rooms: 0, transports: 0, producers: 0, consumers: 0 },
      ],
    });
  });

  test('what is closed refuses with the code of its kind', async () => {
    const room = await openRoom(subject.engine);
    const [send, recv] = await Promise.all([sender(room), receiver(room)]);
    const rtpParameters = microphone();
    const options = { producerId: trackId(), kind: 'audio', source: 'mic', rtpParameters } as const;
    const producer = await send.produce(options);
    const consumer = await recv.consume({ producerId: producer.id, rtpCapabilities: receiverOf(room) });
    consumer.close();
    await expect(consumer.pause()).rejects.toEqual(code('media.unknown-consumer'));
    await expect(consumer.setPreferredLayers({ spatial: 0, temporal: 0 })).rejects.toEqual(
      code('media.unknown-consumer'),
    );
    await expect(consumer.stats()).rejects.toEqual(code('media.unknown-consumer'));
    producer.close();
    await expect(producer.pause()).rejects.toEqual(code('media.unknown-producer'));
    send.close();
    await expect(send.connect(dtls())).rejects.toEqual(code('media.unknown-transport'));
    await expect(send.produce(options)).rejects.toEqual(code('media.unknown-transport'));
    await expect(send.restartIce()).rejects.toEqual(code('media.unknown-transport'));
    await expect(send.stats()).rejects.toEqual(code('media.unknown-transport'));
    room.close();
    await expect(sender(room)).rejects.toEqual(code('media.unavailable'));
  });

  test('a transport that is closed while something is asked of it leaves nothing behind', async () => {
    const { engine } = subject;
    const room = await openRoom(engine);
    const send = await sender(room);
    const producing = send.produce({
      producerId: trackId(),
      kind: 'video',
      source: 'camera',
      rtpParameters: camera(),
    });
    const making = sender(room, 'prt_late');
    room.close();
    await Promise.allSettled([producing, making]);
    await settled(engine);
    const load = await engine.load();
    expect(load.workers.map(({ transports, producers }) => transports + producers)).toEqual([0, 0]);
  });

  test('a worker that dies takes only its own rooms, which can be opened again at once', async () => {
    const { engine, killWorker } = subject;
    const [doomed, safe] = await Promise.all([openRoom(engine), openRoom(engine)]);
    const index = engine.workers().findIndex(({ workerId }) => workerId === doomed.workerId);
    const [send, recv] = await Promise.all([sender(doomed), receiver(doomed)]);
    const producer = await send.produce({
      producerId: trackId(),
      kind: 'video',
      source: 'camera',
      rtpParameters: camera(),
    });
    const consumer = await recv.consume({ producerId: producer.id, rtpCapabilities: receiverOf(doomed) });
    const before = engine.workers()[index];
    const told: (RoomCloseReason | 'producer')[] = [];
    doomed.onClose((reason) => told.push(reason));
    safe.onClose((reason) => told.push(reason));
    consumer.onProducerClose(() => told.push('producer'));
    const ready = next(engine.onWorkerReady.bind(engine));
    const died = next(engine.onWorkerDied.bind(engine));
    killWorker(index);
    expect(await died).toMatchObject({ workerId: doomed.workerId, roomIds: [doomed.roomId] });
    expect(told).toEqual(['worker-died']);
    expect([doomed, send, recv, producer, consumer].every(({ closed }) => closed)).toBe(true);
    await expect(sender(doomed)).rejects.toEqual(code('media.unavailable'));
    await expect(send.connect(dtls())).rejects.toEqual(code('media.unknown-transport'));

    const reopened = await engine.openRoom({ roomId: doomed.roomId });
    expect(reopened).not.toBe(doomed);
    await (await sender(reopened)).connect(dtls());
    expect(safe.closed).toBe(false);
    await sender(safe);

    const after = await ready;
    expect(after).toMatchObject({ workerId: doomed.workerId, state: 'running', restarts: 1 });
    expect([after.udpPort, after.tcpPort]).toEqual([before?.udpPort, before?.tcpPort]);
    expect(told).toEqual(['worker-died']);
    reopened.close();
    safe.close();
  });

  test('with its only worker dead an engine lets rooms wait for the next one', async () => {
    const { engine, killWorker } = await create({ workerCount: 1 });
    const died = next(engine.onWorkerDied.bind(engine));
    killWorker(0);
    await died;
    const room = await openRoom(engine);
    await sender(room);
    expect(engine.workers()[0]?.restarts).toBe(1);
    await engine.close();
  });

  test('a closed engine closes its rooms and refuses new ones', async () => {
    const { engine } = await create({ workerCount: 1 });
    const room = await openRoom(engine);
    const closed = next(room.onClose.bind(room));
    await Promise.all([engine.close(), engine.close()]);
    expect(await closed).toBe('closed');
    expect(engine.workers()[0]).toMatchObject({ state: 'closed', rooms: 0 });
    await expect(openRoom(engine)).rejects.toEqual(code('media.unavailable'));
    await engine.close();
  });
});
