import { BotEngine, buildNative, cacheDirOf, conversation } from '@guildhall/bots';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../apps/mmr/src/engine/port.ts';
import { joinRoom, sending } from './bot-room.ts';
import { openRoom } from './fixtures.ts';
import { complaints, createReal } from './subjects.ts';

// Bots' packets against the real worker: ICE, DTLS and SRTP both ways, layers.

let binary: string;
let bots: BotEngine;
let engine: Engine;

beforeAll(async () => {
  const cacheDir = cacheDirOf(process.env);
  binary = await buildNative({ cacheDir, onStep: () => undefined });
});

afterEach(async () => {
  await Promise.all([engine.close(), bots.close()]);
});

const measured = async (forMs: number) => {
  bots.begin();
  await new Promise((wake) => setTimeout(wake, forMs));
  bots.end();
  await new Promise((wake) => setTimeout(wake, 200));
  return bots.report();
};

test('voice and pictures arrive, encrypted both ways, without loss and in milliseconds', async () => {
  ({ engine } = await createReal({ workerCount: 1 }));
  bots = await BotEngine.start({ binary });
  const room = await openRoom(engine);
  const pattern = { ...conversation, speech: null };
  const ann = await joinRoom(bots, room, 'prt_ann', pattern);
  const bob = await joinRoom(bots, room, 'prt_bob', pattern);
  const [mic, camera] = [await sending(ann, 'mic'), await sending(ann, 'camera')];
  await bob.hear(mic);
  const picture = await bob.hear(camera);
  await picture.setPreferredLayers({ spatial: 2, temporal: 2 });
  // The worker switches upwards when its estimate of the path allows, and congestion control starts low.
  await new Promise((wake) => setTimeout(wake, 2_500));
  const report = await measured(2_000);
  expect(report.audio.offered).toBeGreaterThan(90);
  expect(report.audio.delivered).toBe(report.audio.offered);
  // The best encoding: 1.7 Mb/s are about 200 packets a second.
  expect(report.video.delivered).toBeGreaterThan(250);
  expect(report.video.delivered / report.video.offered).toBeGreaterThan(0.99);
  expect(report.latencyMs.p50).toBeLessThan(50);
  expect(report.people.find(({ person }) => person === bob.person)).toMatchObject({
    audio: report.audio.delivered,
  });
  expect(complaints).toEqual([]);
});

test('a picture in one encoding arrives too', async () => {
  ({ engine } = await createReal({ workerCount: 1 }));
  bots = await BotEngine.start({ binary });
  const room = await openRoom(engine);
  const pattern = { ...conversation, isSimulcast: false, videoBitrateBps: 500_000 };
  const ann = await joinRoom(bots, room, 'prt_ann', pattern);
  const bob = await joinRoom(bots, room, 'prt_bob', pattern);
  await bob.hear(await sending(ann, 'camera'));
  await new Promise((wake) => setTimeout(wake, 2_500));
  const report = await measured(1_000);
  expect(report.video.delivered).toBeGreaterThan(50);
  expect(report.video.delivered / report.video.offered).toBeGreaterThan(0.99);
});

test('what gets lost is asked for again and sent again', async () => {
  ({ engine } = await createReal({ workerCount: 1 }));
  bots = await BotEngine.start({ binary });
  const room = await openRoom(engine);
  const pattern = { ...conversation, isSimulcast: false, videoBitrateBps: 500_000 };
  const ann = await joinRoom(bots, room, 'prt_ann', pattern);
  const bob = await joinRoom(bots, room, 'prt_bob', pattern);
  await bob.hear(await sending(ann, 'camera'));
  await new Promise((wake) => setTimeout(wake, 2_500));
  bots.order({ do: 'lose', share: 0.05 });
  const { video } = await measured(2_000);
  expect(video.repaired).toBeGreaterThan(0);
  expect(video.delivered / video.offered).toBeGreaterThan(0.97);
});
