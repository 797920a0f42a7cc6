import { join } from 'node:path';
import { axeViolations, BareConsole, launchBrowser, Person } from '@guildhall/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Machine } from './namespace.ts';

let browser: Browser;
let machine: Machine;
let bare: BareConsole;
let address: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  machine = new Machine();
  bare = await BareConsole.start(() => ({
    GUILDHALL_CONSOLE_NETWORK_MANAGED: 'true',
    GUILDHALL_CONSOLE_NETWORK_ROOT: machine.root,
    GUILDHALL_CONSOLE_NETWORK_HELPER_COMMAND: machine.command.join(','),
  }));
  address = bare.origin;
});
afterEach(async () => {
  await bare?.stop();
  machine.close();
});

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
  return [...(await axeViolations(page)), ...(overflow > 0 ? [`${overflow} px too wide`] : [])];
}

async function signedIn(look: Omit<Parameters<typeof Person.create>[1], 'name'>): Promise<Person> {
  const person = await Person.create(browser, { name: 'Admin', ...look });
  const answer = await person.context.request.post(`${address}/api/v1/session`, {
    data: bare.admin,
  });
  expect(answer.ok()).toBe(true);
  return person;
}

describe('the network pages of the console', () => {
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
    await expect.poll(() => field('IPv4 address').inputValue()).toBe('10.20.0.5');
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
