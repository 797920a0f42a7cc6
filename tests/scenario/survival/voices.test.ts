import { BotEngine, BotTrack, buildNative, cacheDirOf, conversation, createBotMedia } from '@guildhall/bots';
import {
  createMeetingClient,
  platformDeps,
  type MediaPort,
  type MeetingClient,
} from '@guildhall/meeting-client';
import { openSettings, until } from '@guildhall/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Attendant, type Place } from './people.ts';
import { SurvivalZone } from './zone.ts';

// Speaker slots of a meeting over two routers, with real packets of people whose programs obey nobody: they go on sending
// when they are muted, removed, or gone.

let zone: SurvivalZone;
let bots: BotEngine;

beforeAll(async () => {
  const binary = await buildNative({ cacheDir: cacheDirOf(process.env), onStep: () => undefined });
  const env = { GUILDHALL_MMR_SLOTS_ABOVE: '3', GUILDHALL_CLOUD_LIMITS_PARTICIPANTS_PER_ROUTER: '5' };
  [zone, bots] = await Promise.all([
    SurvivalZone.start({ routers: 2, controllers: 1, env }),
    BotEngine.start({ binary }),
  ]);
});
afterAll(async () => {
  await bots?.close();
  await zone?.[Symbol.asyncDispose]();
});

/** Once it sends, it sends: no wish to be silent reaches the packets. */
const stubborn = (media: MediaPort): MediaPort => ({
  prepare: () => media.prepare(),
  open: async (offer, hooks) => {
    const session = await media.open(offer, hooks);
    return {
      rtpCapabilities: session.rtpCapabilities,
      produce: async (options) => {
        const sender = await session.produce(options);
        return {
          replaceTrack: (track) => sender.replaceTrack(track),
          limitLayers: (layer) => sender.limitLayers(layer),
          setMuted: () => undefined,
          close: () => undefined,
        };
      },
      consume: (parameters) => session.consume(parameters),
      restartIce: (direction, parameters) => session.restartIce(direction, parameters),
      close: () => undefined,
    };
  },
});

interface Voice {
  readonly name: string;
  readonly person: number;
  readonly client: MeetingClient;
}

/** @param isTalking sends its voice without a pause from the moment it may */
const come = async (name: string, place: Place, isTalking: boolean): Promise<Voice> => {
  const media = createBotMedia(bots, { ...conversation, speech: null });
  const client = createMeetingClient(platformDeps(isTalking ? stubborn(media) : media));
  if (isTalking) client.setSource('mic', { track: new BotTrack('audio', name), muted: false });
  await client.join({ ...place, name });
  return { name, person: media.person, client };
};

const listenMs = 1_000;

/** Who received sound that was sent, and not only received, within a second from now. */
const listen = async () => {
  bots.begin();
  await new Promise((wake) => setTimeout(wake, listenMs));
  bots.end();
  await new Promise((wake) => setTimeout(wake, 200));
  const { people, audio } = await bots.report();
  return {
    /** People with at least half of one voice. */
    hearing: people.filter((one) => one.audio >= (0.5 * listenMs) / 20).map(({ person }) => person),
    // Only packets of bots have a time when they were sent; the silence a router writes has none.
    isAnyVoice: audio.latencyMs.p99 > 0,
  };
};

test('who is muted or removed, on whatever router, is not heard from the moment the host is told so; who waits never is', async () => {
  await zone.allReady();
  const { meetingId, number, passcode } = await zone.owner.createMeeting({
    settings: { ...openSettings, lobby: true },
  });
  const place = { portalUrl: zone.owner.base, number, passcode: passcode ?? '' };
  const host = await Attendant.join('Owner', place, zone.owner);
  const all: Voice[] = [];
  // Five people on the first router, the owner among them, the others on the second one.
  const names = ['Talker 1', 'Talker 2', 'Ann', 'Ben', 'Talker 3', 'Talker 4', 'Cleo'];
  for (const name of names) {
    all.push(await come(name, place, name.startsWith('Talker')));
    await until(`${name} waits`, () => host.state.view?.lobby.some((one) => one.name === name));
    await host.client.admit(host.waitingId(name));
    await until(`${name} is in`, () => host.roster.includes(name));
  }
  const waiting = await come('Waiting', place, true);
  await until('somebody waits', () => host.state.view?.lobby.length === 1);
  const voice = (name: string): Voice => {
    const found = all.find((one) => one.name === name);
    if (!found) throw new Error(`nobody is called ${name}`);
    return found;
  };
  const everybody = all.map(({ person }) => person);
  const untilHeard = (): Promise<unknown> =>
    until('everybody hears somebody', async () => {
      const { hearing, isAnyVoice } = await listen();
      return isAnyVoice && everybody.every((person) => hearing.includes(person));
    });
  const [first] = await zone.holders(meetingId);
  expect(first?.linked).toBe(5);
  await untilHeard();

  await Promise.all([
    host.client.mute(host.idOf('Talker 1'), 'mic'),
    host.client.remove(host.idOf('Talker 2')),
    host.client.mute(host.idOf('Talker 3'), 'mic'),
    host.client.remove(host.idOf('Talker 4')),
  ]);
  expect(await listen()).toEqual({ hearing: [], isAnyVoice: false });

  // Those who may are heard again, so it was not the silence of something broken.
  for (const name of ['Talker 1', 'Talker 3']) voice(name).client.setMuted('mic', false);
  everybody.splice(
    0,
    everybody.length,
    ...['Ann', 'Ben', 'Cleo', 'Talker 1'].map((name) => voice(name).person),
  );
  await untilHeard();
  await host.client.muteAll();
  expect(await listen()).toEqual({ hearing: [], isAnyVoice: false });
  expect(waiting.client.store.getSnapshot().phase).toBe('lobby');
  for (const { client } of [...all, waiting, host]) client.leave();
});
