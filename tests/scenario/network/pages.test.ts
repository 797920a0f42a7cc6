import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, Person } from '@guildhall/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Machine } from './namespace.ts';

const main = fileURLToPath(new URL('../../../apps/console/src/main.ts', import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const password = 'kelp-orbit-71-lantern';
const AxeResults = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});
const RunFile = z.object({ ports: z.object({ http: z.number() }) });

let browser: Browser;
let machine: Machine;
let dir: string;
let child: ChildProcess;
let address: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  machine = new Machine();
  dir = mkdtempSync(join(tmpdir(), 'guildhall-console-'));
  child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      GUILDHALL_CONSOLE_PORT: '0',
      GUILDHALL_CONSOLE_DATA_DIR: join(dir, 'console'),
      GUILDHALL_CONSOLE_LOG_DIR: join(dir, 'logs'),
      GUILDHALL_CONSOLE_RUN_DIR: join(dir, 'run'),
      GUILDHALL_CONSOLE_IDENTITY_FILE: join(dir, 'node', 'identity.json'),
      GUILDHALL_CONSOLE_INITIAL_PASSWORD: password,
      GUILDHALL_CONSOLE_INITIAL_PASSWORD_FINAL: 'true',
      GUILDHALL_CONSOLE_NETWORK_MANAGED: 'true',
      GUILDHALL_CONSOLE_NETWORK_ROOT: machine.root,
      GUILDHALL_CONSOLE_NETWORK_HELPER_COMMAND: machine.command.join(','),
    },
  });
  address = `http://localhost:${await portWhenReady()}`;
});
afterEach(async () => {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
  machine.close();
  rmSync(dir, { recursive: true, force: true });
});

async function portWhenReady(): Promise<number> {
  const giveUpAt = Date.now() + 20_000;
  for (;;) {
    const port = portOfRunFile();
    if (port !== undefined) return port;
    if (Date.now() > giveUpAt) throw new Error('the console did not start within 20 s');
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

function portOfRunFile(): number | undefined {
  try {
    const [name = ''] = readdirSync(join(dir, 'run')).filter((file) => file.endsWith('.json'));
    return RunFile.parse(JSON.parse(readFileSync(join(dir, 'run', name), 'utf8'))).ports.http;
  } catch {
    return undefined;
  }
}

/** Rules that axe finds broken, each with the first element. */
const violations = async (page: Page): Promise<string[]> => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.mouse.move(0, 0);
  await page.evaluate(axeSource);
  const results = AxeResults.parse(await page.evaluate('axe.run()'));
  return results.violations.map((rule) => `${rule.id}: ${rule.nodes[0]?.html.slice(0, 160) ?? ''}`);
};

const overflowPx = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

/** What keeps a page from fitting and from being usable by everybody; screenshots on the way, for who asks for them. */
async function flawsOf(page: Page, name: string): Promise<string[]> {
  const folder = process.env['GUILDHALL_SCREENSHOTS'];
  if (folder !== undefined) {
    const width = await page.evaluate(() => window.innerWidth);
    await page.screenshot({ path: join(folder, `${name.replaceAll(' ', '-')}-${width}.png`) });
  }
  const overflow = await overflowPx(page);
  return [...(await violations(page)), ...(overflow > 0 ? [`${overflow} px too wide`] : [])];
}

async function signedIn(look: Omit<Parameters<typeof Person.create>[1], 'name'>): Promise<Person> {
  const person = await Person.create(browser, { name: 'Admin', ...look });
  const answer = await person.context.request.post(`${address}/api/v1/session`, {
    data: { username: 'admin', password },
  });
  expect(answer.ok()).toBe(true);
  return person;
}

// Longer than usual: a real console, a real browser and some thirty runs of the helper.
describe('the network pages of the console', { timeout: 120_000 }, () => {
  test('an administrator changes the address, sees it counted down, keeps it, and takes another back', async () => {
    await using person = await signedIn({ viewport: { width: 1280, height: 900 }, language: 'en-GB' });
    const { page } = person;
    await page.goto(`${address}/console/`);
    await page.getByText('192.0.2.5/24').waitFor();
    await page.getByText('everything else').waitFor();
    expect(await flawsOf(page, 'status'), 'status').toEqual([]);

    await page.getByRole('link', { name: 'Address' }).click();
    const field = (name: string) => page.getByRole('textbox', { name, exact: true });
    await field('IPv4 address').waitFor();
    expect(await field('IPv4 address').inputValue()).toBe('192.0.2.5');
    await field('IPv4 address').fill('10.20.0.5/24');
    await field('Mask').fill('255.0.255.0');
    await field('Gateway').fill('10.99.0.1');
    await page.getByRole('button', { name: 'Review and apply' }).click();
    await page
      .getByText(/Must be the address alone; put the part after the slash into the mask field/u)
      .waitFor();
    await page.getByText(/Must have all its ones before its zeros/u).waitFor();
    await page.getByText(/Must be given: zctrl and mmr both need port 443/u).waitFor();
    expect(await flawsOf(page, 'address with errors'), 'address with errors').toEqual([]);

    await field('IPv4 address').fill('10.20.0.5');
    await field('Mask').fill('24');
    await field('Gateway').fill('10.20.0.1');
    await field('IPv4 address of eth0:0').fill('10.20.0.6');
    await field('Mask of eth0:0').fill('24');
    await field('DNS servers').fill('10.20.0.2, 10.20.0.3');
    await page.getByRole('button', { name: 'Add an outside address' }).click();
    await field('Outside address or name').fill('203.0.113.7');
    await page.getByRole('button', { name: 'Review and apply' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('ip -4 addr add 10.20.0.6/24 brd + dev eth0 label eth0:0').waitFor();
    expect(await flawsOf(page, 'plan'), 'plan').toEqual([]);
    await dialog.getByRole('button', { name: /^Apply/u }).click();
    await page.getByText(/They are taken back in \d+ s/u).waitFor();
    await expect.poll(() => machine.seen().addresses).toEqual(['10.20.0.5/24 eth0', '10.20.0.6/24 eth0:0']);
    expect(await flawsOf(page, 'pending'), 'pending').toEqual([]);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('The new settings are kept').waitFor();

    await field('IPv4 address').fill('10.20.0.9');
    await page.getByRole('button', { name: 'Review and apply' }).click();
    await dialog.getByRole('button', { name: /^Apply/u }).click();
    await page.getByRole('button', { name: 'Go back now' }).click();
    await page.getByText('The old settings are in force again').waitFor();
    expect(machine.seen().addresses).toEqual(['10.20.0.5/24 eth0', '10.20.0.6/24 eth0:0']);
    expect(await field('IPv4 address').inputValue()).toBe('10.20.0.5');
    expect(person.problems).toEqual([]);
  });

  test('Configure says at the field what is wrong, and what failed', async () => {
    await using person = await signedIn({ viewport: { width: 1280, height: 900 }, language: 'en-GB' });
    const { page } = person;
    await page.goto(`${address}/console/configure`);
    const field = (name: string) => page.getByRole('textbox', { name, exact: true });
    await field('ZC IPv4').waitFor();
    expect(await field('ZC IPv4').inputValue()).toBe('127.0.0.1');
    await field('Other ZC IPv4').fill('127.0.0.1');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText(/Must be the address of another server, not of this one/u).waitFor();
    await page.getByText(/Paste the whole token/u).waitFor();
    expect(await flawsOf(page, 'configure'), 'configure').toEqual([]);
    await field('Other ZC IPv4').fill('');
    await page.getByLabel('Connector token', { exact: true }).fill(`ght_${'a'.repeat(40)}`);
    await field('Cloud address').fill('http://localhost:9');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText(/nothing listens there; check the address and the port/u).waitFor();
  });

  test('on a phone, dark and in Spanish, every page fits', async () => {
    const look = { colorScheme: 'dark', viewport: { width: 390, height: 844 }, language: 'es-ES' } as const;
    await using person = await signedIn(look);
    const { page } = person;
    for (const [path, ready] of [
      ['/', '192.0.2.5/24'],
      ['/network/address', 'eth0:0, la segunda dirección'],
      ['/configure', 'IPv4 del otro ZC'],
    ] as const) {
      await page.goto(`${address}/console${path}`);
      await page.getByText(ready).first().waitFor();
      expect(await flawsOf(page, `phone ${path.replaceAll('/', '')}`), path).toEqual([]);
    }
    await page.goto(`${address}/console/network/address`);
    await page.getByRole('button', { name: 'Añadir una dirección de fuera' }).click();
    await page.getByRole('button', { name: 'Revisar y aplicar' }).click();
    await page.getByText(/^Hace falta: zctrl y mmr/u).waitFor();
    expect(await flawsOf(page, 'phone errors'), 'phone errors').toEqual([]);
  });
});
