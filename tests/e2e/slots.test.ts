import { inboundStreams, launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

let product: Product;
let browser: Browser;

beforeAll(async () => {
  // Slots from the third person on, with as many browsers as this machine carries.
  [product, browser] = await Promise.all([
    Product.start({ env: { GUILDHALL_MMR_SLOTS_ABOVE: '2' } }),
    launchBrowser(),
  ]);
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

/** The page's microphone is somebody who talks without a breath, so that it is known when there is something to hear. */
const talks = (): void => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await real(constraints);
    for (const track of stream.getAudioTracks()) {
      const context = new AudioContext();
      const tone = context.createOscillator();
      tone.frequency.value = 330;
      const voice = context.createMediaStreamDestination();
      tone.connect(voice);
      tone.start();
      stream.removeTrack(track);
      for (const spoken of voice.stream.getAudioTracks()) stream.addTrack(spoken);
    }
    return stream;
  };
};

/** Voices the page plays, and how many of them sound during a second. */
const voices = async (person: Person): Promise<{ played: number; sounding: number }> => {
  const heard = async () => (await inboundStreams(person.page)).filter(({ kind }) => kind === 'audio');
  const before = await heard();
  await person.page.evaluate(() => new Promise((wake) => setTimeout(wake, 1_000)));
  const now = await heard();
  const sounding = now.filter((stream) => {
    const earlier = before.find(({ trackId }) => trackId === stream.trackId);
    return stream.audioEnergy - (earlier?.audioEnergy ?? 0) > 0.03;
  });
  return { played: await person.page.locator('audio').count(), sounding: sounding.length };
};

test('through speaker slots everybody hears who speaks, and nobody hears the own voice', async () => {
  const owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  const meeting = await owner.createMeeting({ topic: 'Full house' });
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await using chi = await Person.create(browser, { name: 'Chi' });
  await ana.context.addInitScript(talks);
  await ben.context.addInitScript(talks);
  await ana.join(meeting.joinUrl);
  await ben.join(meeting.joinUrl);
  await ana.receives({ video: 0, audio: 1 });
  await expect.poll(() => voices(ana), { timeout: 60_000 }).toEqual({ played: 1, sounding: 1 });

  await chi.join(meeting.joinUrl);
  await chi.button('Mute').click();
  await Promise.all([
    ana.receives({ video: 2, audio: 1 }),
    ben.receives({ video: 2, audio: 1 }),
    chi.receives({ video: 2, audio: 2 }),
  ]);
  // Four slots each; the two who talk hear each other but not themselves.
  await expect.poll(() => voices(ana), { timeout: 60_000 }).toEqual({ played: 4, sounding: 1 });
  await expect.poll(() => voices(ben), { timeout: 60_000 }).toEqual({ played: 4, sounding: 1 });
  await expect.poll(() => voices(chi), { timeout: 60_000 }).toEqual({ played: 4, sounding: 2 });
  await ana.button('Mute').click();
  await ana.button('Unmute').waitFor();
  await expect.poll(() => voices(chi), { timeout: 60_000 }).toEqual({ played: 4, sounding: 1 });
  await expect.poll(() => voices(ben), { timeout: 60_000 }).toEqual({ played: 4, sounding: 0 });
  await ana.button('Unmute').click();
  await expect.poll(() => voices(ben), { timeout: 60_000 }).toEqual({ played: 4, sounding: 1 });
  expect(
    [...ana.problems, ...ben.problems, ...chi.problems].filter((problem) => !problem.includes('401')),
  ).toEqual([]);
});
