import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { TrackId } from '@guildhall/domain';
import { systemClock, systemRandom, silentLogger } from '@guildhall/kit';
import { PipeParametersSchema } from '@guildhall/protocol';
import { afterEach, expect, test } from 'vitest';
import type { Engine, Tap } from '../../../apps/mmr/src/engine/port.ts';
import { MeetingMedia } from '../../../apps/mmr/src/media/meeting-media.ts';
import { hearingRules } from '../../../apps/mmr/src/media/slots/hearing.ts';
import type { FarRouter, MediaLink, MediaListener } from '../../../apps/mmr/src/types.ts';
import { microphone } from '../../contract/engine/fixtures.ts';
import { protector, voicePacket } from '../../contract/engine/srtp.ts';
import { createReal } from '../../contract/engine/subjects.ts';
import { meetingId, newTrack, prt } from './harness.ts';

// Real workers and real packets: a meeting's voices come to a router over one link and leave it over another, as at the
// router that owns a meeting, and the packets that arrive at the far end are counted.

const slots = 4;
/** Twice the slots: what a link carries at most at once. */
const most = 2 * slots;
const key = Buffer.alloc(44, 7).toString('base64');
const packetMs = 20;

let closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
});

const listener: MediaListener = {
  tell: () => true,
  tellAll: () => undefined,
  lost: () => undefined,
  restored: () => undefined,
  speaker: () => undefined,
};

const openMedia = async (): Promise<{ engine: Engine; media: MeetingMedia }> => {
  const { engine } = await createReal({ workerCount: 1 });
  closers.push(() => engine.close());
  const media = await MeetingMedia.open(meetingId, listener, {
    engine,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    hearing: hearingRules(12, slots),
  });
  closers.push(() => media.close());
  return { engine, media };
};

/** A far router as its link here knows it. */
const farOf = (link: () => MediaLink): FarRouter => ({
  want: (trackId, layer) => link().serve(trackId, layer),
  unwant: (trackId) => link().release(trackId),
  pipeLost: () => undefined,
  ended: () => undefined,
});

interface Voice {
  readonly trackId: TrackId;
  readonly ssrc: number;
}

/** The router of a branch, made of a socket: so many microphones are open behind it. */
const makeSource = async (media: MeetingMedia, engine: Engine, count: number) => {
  const room = engine.room(meetingId);
  const level = room?.rtpCapabilities.headerExtensions.find(({ uri }) => uri.endsWith('ssrc-audio-level'));
  if (!level) throw new Error('the room has no audio level');
  const { uri, preferredId: extensionId } = level;
  const voices = Array.from({ length: count }, (_, index): Voice => ({
    trackId: newTrack(),
    ssrc: 5_000_000 + index,
  }));
  const { mid: _mid, ...speech } = microphone();
  const link = media.link({
    want: async (trackId) => ({
      producerId: trackId,
      kind: 'audio',
      source: 'mic',
      paused: false,
      rtpParameters: {
        ...speech,
        headerExtensions: [{ uri, id: extensionId, encrypt: false }],
        encodings: [{ ssrc: voices.find((voice) => voice.trackId === trackId)?.ssrc ?? 0 }],
      },
    }),
    unwant: () => undefined,
    pipeLost: () => undefined,
    ended: () => undefined,
  });
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  const { port } = await link.offer();
  await link.connect(
    PipeParametersSchema.parse({
      ip: '127.0.0.1',
      port: socket.address().port,
      srtp: { cryptoSuite: 'AEAD_AES_256_GCM', keyBase64: key },
    }),
  );
  const protect = protector(key);
  const sequences = new Map<number, number>();
  /** One packet of each of these voices. */
  const say = (speaking: readonly Voice[]): void => {
    for (const { ssrc } of speaking) {
      const sequence = (sequences.get(ssrc) ?? 0) + 1;
      sequences.set(ssrc, sequence);
      const packet = voicePacket(111, ssrc, sequence, { levelDb: -25, extensionId });
      socket.send(protect(packet), port, '127.0.0.1');
    }
  };
  return { link, voices, say };
};

/** Microphones behind one branch, the router that owns the meeting, and one person behind another branch. */
const makeMeeting = async (count: number) => {
  const [top, branch] = [await openMedia(), await openMedia()];
  const { link: source, voices, say } = await makeSource(top.media, top.engine, count);
  const down: MediaLink = top.media.link(farOf(() => up));
  const up: MediaLink = branch.media.link(farOf(() => down));
  const [downEnd, upEnd] = [await down.offer(), await up.offer()];
  await down.connect(upEnd);
  await up.connect(downEnd);
  const { epoch, routerRtpCapabilities } = await branch.media.start(prt('listener'));
  branch.media.attach(prt('listener'), epoch, routerRtpCapabilities);
  top.media.setElsewhere(prt('listener'), []);
  for (const [index, { trackId }] of voices.entries()) {
    const participantId = prt(`p${index}x`);
    const track = { trackId, source: 'mic', muted: false, participantId } as const;
    top.media.setElsewhere(participantId, [{ ...track, link: source }]);
    branch.media.setElsewhere(participantId, [{ ...track, link: up }]);
  }
  const arrived = new Map<string, number>();
  const tapOf = (trackId: TrackId): Promise<Tap | undefined> | undefined =>
    branch.engine
      .room(meetingId)
      ?.tap(trackId)
      .catch(() => undefined);
  for (const { trackId } of voices) {
    let tap: Tap | undefined;
    await expect.poll(async () => (tap = await tapOf(trackId)) !== undefined).toBe(true);
    tap?.onPacket(() => arrived.set(trackId, (arrived.get(trackId) ?? 0) + 1));
  }
  const total = (): number => Array.from(arrived.values()).reduce((sum, one) => sum + one, 0);
  /** These voices say so many packets each, as fast as people speak. @returns how many arrived meanwhile */
  const speak = async (speaking: readonly Voice[], packets: number): Promise<number> => {
    const before = total();
    for (let index = 0; index < packets; index += 1) {
      say(speaking);
      await delay(packetMs);
    }
    return total() - before;
  };
  /** Until the slots of the owner are open for long enough to count. */
  const settle = async (): Promise<void> => {
    const packets = 10;
    await expect.poll(() => speak(voices, packets)).toBeLessThanOrEqual((most + 1) * packets);
  };
  return { voices, speak, settle, arrivedOf: ({ trackId }: Voice) => arrived.get(trackId) ?? 0 };
};

test('packets on a link are as many for 16 open microphones as for 64', async () => {
  const packets = 100;
  for (const count of [16, 64]) {
    const { voices, speak, settle } = await makeMeeting(count);
    await settle();
    const crossed = await speak(voices, packets);
    // Without the choice it would be `count` of them.
    expect(crossed).toBeLessThanOrEqual(most * packets * 1.1);
    // All who can be heard are.
    expect(crossed).toBeGreaterThanOrEqual(slots * packets * 0.8);
  }
});

test('the first syllable of a new voice does not wait for the link', async () => {
  const { voices, speak, settle, arrivedOf } = await makeMeeting(16);
  await settle();
  // Nobody of those who have places: the last to speak had no chance, or has lost it to these.
  await speak(voices.slice(0, most + 1), 50);
  const newcomer = voices.at(-1);
  if (!newcomer) throw new Error('somebody to speak');
  await delay(500);
  const before = arrivedOf(newcomer);
  const packets = 50;
  await speak([newcomer], packets);
  // One, while the worker is told; the rest of the margin is for a busy machine.
  expect(arrivedOf(newcomer) - before).toBeGreaterThanOrEqual(packets - 10);
});
