import { readFileSync } from 'node:fs';
import { BotEngine, buildNative, cacheDirOf, conversation } from '@guildhall/bots';
import { silentLogger, systemClock, systemRandom } from '@guildhall/kit';
import { until } from '@guildhall/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine, Room } from '../../../apps/mmr/src/engine/port.ts';
import { udpBuffers } from '../../../apps/mmr/src/engine/mediasoup/candidates.ts';
import { MeetingSlots } from '../../../apps/mmr/src/media/slots/meeting-slots.ts';
import { joinRoom, sending, type Joined } from './bot-room.ts';
import { openRoom } from './fixtures.ts';
import { complaints, createReal } from './subjects.ts';

// A process that does not run for a while, as on a machine with too much to do: voice comes late, and none is lost.

let bots: BotEngine;
let engine: Engine;
let room: Room;

beforeEach(async () => {
  const binary = await buildNative({ cacheDir: cacheDirOf(process.env), onStep: () => undefined });
  [{ engine }, bots] = await Promise.all([createReal({ workerCount: 1 }), BotEngine.start({ binary })]);
  room = await openRoom(engine);
});
afterEach(async () => {
  await Promise.all([engine?.close(), bots?.close()]);
});

const pause = (forMs: number): Promise<void> => new Promise((wake) => setTimeout(wake, forMs));
const stillMs = 300;
const talking = { ...conversation, speech: null };

const join = (name: string): Promise<Joined> => joinRoom(bots, room, `prt_${name}`, talking);

/** Voice of two seconds, in the midst of which something stands still. */
const voiceWhile = async (standStill: () => Promise<void>) => {
  bots.begin();
  await pause(500);
  await standStill();
  await pause(1_500);
  bots.end();
  // A heap takes its time to be worked off.
  await until('all voice came', async () => {
    const { audio } = await bots.report();
    return audio.delivered >= audio.offered;
  }).catch(() => undefined);
  const { audio } = await bots.report();
  return audio;
};

/** Where the kernel gives less room than the appliance sets up, as much traffic as it holds. */
const hasRoom = (): boolean =>
  Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8')) >= udpBuffers.recvBufferSize;

test('a media worker that stands still among pictures loses no voice', async () => {
  const ear = await join('ear');
  for (const name of ['ann', 'ben', 'cleo', 'dan']) {
    const talker = await join(name);
    await ear.hear(await sending(talker, 'mic'));
    if (hasRoom()) await sending(talker, 'camera');
  }
  await pause(1_000);
  const pid = engine.workers()[0]?.pid;
  if (pid === undefined) throw new Error('no worker runs');
  const audio = await voiceWhile(async () => {
    process.kill(pid, 'SIGSTOP');
    try {
      await pause(stillMs);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
  expect(audio.streams).toBe(4);
  expect(audio.offered).toBeGreaterThan(4 * 50);
  expect(audio.offered - audio.delivered).toBe(0);
  expect(audio.latencyMs.p99).toBeGreaterThan(stillMs / 2);
  expect(complaints).toEqual([]);
});

test("a router's process that stands still loses no voice of its speaker slots", async () => {
  const slots = await MeetingSlots.open({
    room,
    count: 3,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onHolder: () => undefined,
  });
  const ear = await join('ear');
  for (const { trackId } of slots.tracks) await ear.hear(trackId);
  for (const name of ['ann', 'ben', 'cleo']) {
    const talker = await join(name);
    slots.hear({ trackId: await sending(talker, 'mic') });
  }
  await until('three voices in three slots', () =>
    slots.tracks.every((_, slot) => slots.mixer.holder(slot) !== undefined),
  );
  const audio = await voiceWhile(async () => {
    // Blocks this process, which is the router here.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stillMs);
  });
  expect(audio.streams).toBe(3);
  expect(audio.offered).toBeGreaterThan(3 * 50);
  expect(audio.offered - audio.delivered).toBe(0);
  expect(audio.latencyMs.p99).toBeGreaterThan(stillMs / 2);
  slots.close();
  expect(complaints).toEqual([]);
});
