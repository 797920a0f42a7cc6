import { BotEngine, buildNative, cacheDirOf, conversation } from '@guildhall/bots';
import { silentLogger, systemClock, systemRandom } from '@guildhall/kit';
import { until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../apps/mmr/src/engine/port.ts';
import { MeetingSlots } from '../../../apps/mmr/src/media/slots/meeting-slots.ts';
import {
  isMarked,
  sequenceDistance,
  sequenceOf,
  timestampDistance,
  timestampOf,
} from '../../../apps/mmr/src/media/slots/rtp.ts';
import { joinRoom, sending } from './bot-room.ts';
import { openRoom } from './fixtures.ts';
import { complaints, createReal } from './subjects.ts';

// The numbers of the packets that leave a speaker slot while people take turns, as the real worker passes them on.

let bots: BotEngine;
let engine: Engine;

beforeAll(async () => {
  const binary = await buildNative({ cacheDir: cacheDirOf(process.env), onStep: () => undefined });
  [{ engine }, bots] = await Promise.all([createReal({ workerCount: 1 }), BotEngine.start({ binary })]);
});
afterAll(async () => {
  await Promise.all([engine?.close(), bots?.close()]);
});

const frameSamples = 960;
/** Header and one silent frame, without extensions: what is written where somebody's turn is over. */
const isSilence = (packet: Buffer): boolean => packet.subarray(-3).equals(Buffer.from([0xf8, 0xff, 0xfe]));

test('over many turns of eight talkers the numbers of a slot run on, time never goes back, and each turn is marked', async () => {
  const room = await openRoom(engine);
  const turns: { slot: number; holder: string | undefined }[] = [];
  const slots = await MeetingSlots.open({
    room,
    count: 3,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    onHolder: ({ slot, holder }) => turns.push({ slot, holder }),
  });
  const heard = await Promise.all(
    slots.tracks.map(async ({ trackId }) => {
      const packets: Buffer[] = [];
      (await room.tap(trackId)).onPacket((packet) => packets.push(packet));
      return packets;
    }),
  );
  // Short sentences and longer silences: about every other one finds the slots held by somebody who is silent by now.
  const pattern = { ...conversation, speech: { talkMs: 300, pauseMs: 2_000 } };
  const talkers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => joinRoom(bots, room, `prt_talker${index}`, pattern)),
  );
  for (const talker of talkers) {
    const trackId = await sending(talker, 'mic');
    slots.hear({ trackId });
  }
  await until(
    'every slot changed hands some times',
    () => [0, 1, 2].every((slot) => turns.filter((turn) => turn.slot === slot).length >= 5),
    () => turns,
  );
  slots.close();

  for (const packets of heard) {
    const ends: unknown[] = [];
    const beginnings: unknown[] = [];
    for (const [index, packet] of packets.entries()) {
      const before = packets[index - 1];
      if (!before) continue;
      const step = sequenceDistance(sequenceOf(before), sequenceOf(packet));
      // What a holder lost on the way is missing here as well, as it should be; nothing is there twice.
      expect(step).toBeGreaterThanOrEqual(1);
      expect(timestampDistance(timestampOf(before), timestampOf(packet))).toBeGreaterThanOrEqual(
        frameSamples * step,
      );
      if (isSilence(packet)) ends.push([step, isMarked(packet)]);
      else if (isSilence(before)) beginnings.push([step, isMarked(packet)]);
    }
    expect(beginnings.length).toBeGreaterThanOrEqual(3);
    expect(ends).toEqual(ends.map(() => [1, false]));
    expect(beginnings).toEqual(beginnings.map(() => [1, true]));
  }
  expect(complaints).toEqual([]);
});
