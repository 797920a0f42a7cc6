import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsoleStatus, Connector } from '@guildhall/protocol';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { launchBrowser, mediaPorts, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { backAfterMs } from './back-after.ts';
import { speechWav, watchSound } from './sound.ts';

/**
 * The promise is half a second. A machine that runs the whole product and two browsers beside other tests stalls longer
 * than that by itself, also when nothing moves; without the second connection the silence would be some seconds.
 */
const silenceLimitMs = 1_500;

/** A move or a restart on a busy machine. */
const soon = { timeout: 60_000 };

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
});

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

test('a router is drained: its meeting goes on on the other one, and the sound does not stop', async () => {
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
  await expect.poll(() => vmOf(ana), soon).toBe(3 - vm);
  await expect.poll(() => vmOf(ben), soon).toBe(3 - vm);
  await new Promise((wake) => setTimeout(wake, 3_000));
  for (const sound of sounds) {
    const { longestGapMs, heardMs } = await sound.stop();
    globalThis.console.log(`longest silence ${longestGapMs} ms of ${heardMs} ms`);
    expect(longestGapMs).toBeLessThan(silenceLimitMs);
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
});

const main = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'src', 'main.ts');

/** `guildhall drain`, as an operator types it; the exit code and the last line. */
const drain = async (vm: number, ...more: string[]): Promise<{ code: unknown; outcome: unknown }> => {
  const args = [main, 'drain', String(vm), '--json', '--deadline', '120s', ...more];
  const env = { ...process.env, GUILDHALL_DATA: product.dataDir };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code]: unknown[] = await once(child, 'close');
  return { code, outcome: JSON.parse(text.trim().split('\n').at(-1) ?? '{}') };
};

const pidOf = async (role: string, vm: number): Promise<number | undefined> =>
  (await product.status()).find((one) => one.role === role && one.vm === vm && one.health === 'ok')?.pid;

/** Ends a process of a VM and waits until another one has taken its place. */
const replaced = async (role: string, vm: number, signal: NodeJS.Signals): Promise<void> => {
  const before = await pidOf(role, vm);
  if (before === undefined) throw new Error(`no ${role} runs on VM ${vm}`);
  process.kill(before, signal);
  const isThere = async (): Promise<boolean> => ![undefined, before].includes(await pidOf(role, vm));
  await expect.poll(isThere, soon).toBe(true);
};

const usable = async (routers: number): Promise<void> => {
  const states = async (): Promise<number> => {
    const { routers: all } = await owner.call('GET', '/api/v1/connector', Connector);
    return all.filter(({ state }) => state === 'connected').length;
  };
  await expect.poll(states, soon).toBe(routers);
};

test('every process of the zone is replaced while people talk, and the sound does not stop', async () => {
  await (
    await consoleOf(1)
  )
    .call('POST', '/api/v1/services/mmr/start', ConsoleStatus, {})
    .catch(() => undefined);
  await (
    await consoleOf(2)
  )
    .call('POST', '/api/v1/services/mmr/start', ConsoleStatus, {})
    .catch(() => undefined);
  await usable(2);
  const meeting = await owner.createMeeting();
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await ana.join(meeting.joinUrl);
  await ben.join(meeting.joinUrl);
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  const sounds = await Promise.all([ana, ben].map((person) => watchSound(person.page)));

  for (const vm of [1, 2]) {
    expect(await drain(vm)).toMatchObject({ code: 0, outcome: { outcome: 'empty', meetings: 0 } });
    await replaced('mmr', vm, 'SIGTERM');
    await usable(2);
  }
  await replaced('zctrl', 1, 'SIGTERM');
  await replaced('console', 1, 'SIGTERM');
  // Not only another process: it lets somebody in, and it knows the services of its VM.
  const { services } = await (await consoleOf(1)).call('GET', '/api/v1/status', ConsoleStatus);
  expect(services.find(({ name }) => name === 'mmr')?.state).toBe('running');
  await replaced('cloud', 1, 'SIGTERM');
  await new Promise((wake) => setTimeout(wake, 2_000));

  for (const sound of sounds) {
    const { longestGapMs, heardMs } = await sound.stop();
    globalThis.console.log(`rolling restart: longest silence ${longestGapMs} ms of ${heardMs} ms`);
    expect(longestGapMs).toBeLessThan(silenceLimitMs);
  }
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  await ben.button(/^Participants/u).click();
  const inRoster = ben.page.getByRole('complementary').getByRole('listitem').filter({ hasText: 'Ana' });
  await expect.poll(() => inRoster.count()).toBe(1);
}, 480_000);

test.each(['SIGKILL', 'SIGSTOP'] as const)(
  'a router is gone with %s while there is another one: everybody is back there',
  async (signal) => {
    await usable(2);
    const meeting = await owner.createMeeting();
    await using ana = await Person.create(browser, { name: 'Ana' });
    await using ben = await Person.create(browser, { name: 'Ben' });
    await ana.join(meeting.joinUrl);
    await ben.join(meeting.joinUrl);
    await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
    await ben.button(/^Mute/u).click();
    await ben.button(/^Unmute/u).waitFor();
    await ben.button(/^Unmute/u).click();
    const vm = await vmOf(ana);
    const router = (await product.status()).find((one) => one.role === 'mmr' && one.vm === vm);
    if (!router) throw new Error('the meeting is nowhere');
    try {
      const tookMs = await backAfterMs([ana, ben], () => {
        // A host that vanishes takes its media workers along.
        for (const pid of [router.pid, ...router.workers]) process.kill(pid, signal);
      });
      globalThis.console.log(`router gone with ${signal}: media of everybody back after ${tookMs} ms`);
    } finally {
      if (signal === 'SIGSTOP')
        for (const pid of [...router.workers, router.pid]) process.kill(pid, 'SIGCONT');
    }
    // The one that comes back finds that it owns nothing any more, and nobody is thrown out for it.
    await usable(2);
    await expect.poll(() => vmOf(ana), soon).toBe(3 - vm);
    await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  },
);
