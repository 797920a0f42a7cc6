import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsoleStatus } from '@guildhall/protocol';
import { launchBrowser, mediaPorts, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { speechWav, watchSound } from './sound.ts';

let product: Product;
let browser: Browser;
let owner: PortalApi;
const directory = mkdtempSync(join(tmpdir(), 'guildhall-move-'));

beforeAll(async () => {
  const speech = join(directory, 'speech.wav');
  writeFileSync(speech, speechWav(10));
  [product, browser] = await Promise.all([
    Product.start({ routers: 2 }),
    launchBrowser({ flags: [`--use-file-for-fake-audio-capture=${speech}`] }),
  ]);
  owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
}, 90_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Which VM the meeting of a page is on, by where its media goes. */
const vmOf = async (person: Person): Promise<number> => {
  const ports = await mediaPorts(person.page);
  const routers = (await product.status()).filter(({ role }) => role === 'mmr');
  // One port for each media worker, over UDP and ten further on over TCP.
  const at = routers.find(({ ports: { media = 0 } }) =>
    ports.some((port) => port >= media && port < media + 20),
  );
  return at?.vm ?? 0;
};

const consoleOf = async (vm: number): Promise<PortalApi> => {
  const port = product.facts.processes.find((one) => one.role === 'console' && one.vm === vm)?.ports['http'];
  const api = new PortalApi(`http://localhost:${port}`);
  await api.call('POST', '/api/v1/session', z.unknown(), product.facts.consoleUser);
  return api;
};

test('a router is drained: its meeting goes on on the other one, and nobody loses half a second of sound', async () => {
  const meeting = await owner.createMeeting();
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await ana.join(meeting.joinUrl);
  await ben.join(meeting.joinUrl);
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  await ana.button(/^Chat/u).click();
  await ana.page.getByRole('textbox', { name: /message/iu }).fill('Before the move');
  await ana.page.keyboard.press('Enter');
  const vm = await vmOf(ana);
  expect([1, 2]).toContain(vm);

  const sounds = await Promise.all([ana, ben].map((person) => watchSound(person.page)));
  const console = await consoleOf(vm);
  await console.call('POST', '/api/v1/services/mmr/drain', ConsoleStatus, {});
  await expect.poll(() => vmOf(ana), { timeout: 15_000 }).toBe(3 - vm);
  await expect.poll(() => vmOf(ben), { timeout: 15_000 }).toBe(3 - vm);
  await new Promise((wake) => setTimeout(wake, 3_000));
  for (const sound of sounds) {
    const { longestGapMs, heardMs } = await sound.stop();
    globalThis.console.log(`longest silence ${longestGapMs} ms of ${heardMs} ms`);
    expect(longestGapMs).toBeLessThan(500);
  }
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  for (const person of [ana, ben]) {
    expect(await person.page.getByText(/reconnecting/iu).count()).toBe(0);
    expect(person.problems).toEqual([]);
  }
  await ben.button(/^Chat/u).click();
  await ben.page.getByText('Before the move').waitFor();
  await ben.page.getByRole('textbox', { name: /message/iu }).fill('After the move');
  await ben.page.keyboard.press('Enter');
  await ana.page.getByText('After the move').waitFor();
}, 90_000);
