import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { axeViolations, launchBrowser, Person } from '@guildhall/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPerson, owner, signedIn, startCloud, type TestCloud } from '../contract/rest/cloud.ts';
import { connectController, enrol, reportRouter, type ControlLink } from '../contract/rest/node.ts';

let cloud: TestCloud;
let browser: Browser;
let link: ControlLink | undefined;
const downloadsDir = mkdtempSync(join(tmpdir(), 'guildhall-downloads-'));
const pagesDir = fileURLToPath(new URL('../../apps', import.meta.url));

beforeAll(async () => {
  [cloud, browser] = await Promise.all([startCloud({ config: { pagesDir, downloadsDir } }), launchBrowser()]);
  await addPerson(await signedIn(cloud));
});
afterAll(async () => {
  link?.close();
  await browser?.close();
  await cloud?.close();
  rmSync(downloadsDir, { recursive: true, force: true });
});

const assertFine = async (page: Page, name: string): Promise<void> => {
  await page.waitForLoadState('networkidle');
  const shots = process.env['GUILDHALL_SHOTS'];
  if (shots !== undefined) {
    await page.evaluate(() => window.scrollTo(0, 0));
    const width = page.viewportSize()?.width ?? 0;
    await page.screenshot({ path: `${shots}/${name}-${width}.png`, fullPage: true });
  }
  expect(await axeViolations(page), name).toEqual([]);
  const overflowPx = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflowPx, name).toBeLessThanOrEqual(0);
};

test('an administrator enables, pairs, configures and goes live from the portal alone', async () => {
  const look = { language: 'en-GB', viewport: { width: 1280, height: 800 }, colorScheme: 'light' } as const;
  await using person = await Person.create(browser, { name: 'Owner', ...look });
  const { page } = person;
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const save = page.getByRole('dialog').getByRole('button', { name: 'Save' });
  await person.context.request.post(`${cloud.url}/api/v1/session`, { data: owner });
  await page.goto(`${cloud.url}/connector`);
  await button('Enable Meeting Connector').click();
  await page.waitForURL('**/connector/configuration');

  await page.getByRole('tab', { name: 'Download' }).click();
  await page.getByText('Nothing to download yet').waitFor();
  await assertFine(page, 'download-empty');
  writeFileSync(join(downloadsDir, 'guildhall-controller-1.4.0.ova'), 'image');
  await page.reload();
  const offered = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download guildhall-controller-1.4.0.ova' }).click();
  expect(await readFile(await (await offered).path(), 'utf8')).toBe('image');
  await page.getByRole('tab', { name: 'Configuration' }).click();
  await button('Make a connector token').click();
  const token = await page.getByLabel('Connector token').inputValue();
  expect(token).toMatch(/^ght_/u);
  await assertFine(page, 'token');

  await page.getByRole('tab', { name: 'Live' }).click();
  await page.getByText('A zone controller is connected').waitFor();
  expect(await button('Switch to production').isDisabled()).toBe(true);
  await assertFine(page, 'live-missing');
  const node = await enrol(cloud, token);
  ({ link } = await connectController(cloud, node));
  reportRouter(link, node);

  await page.getByRole('tab', { name: 'Configuration' }).click();
  await button('Add group').click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Sales');
  await save.click();
  await page.locator('input[aria-label="Where meetings of Sales are hosted"]').click();
  await page.getByRole('option', { name: 'Elsewhere' }).click();
  await page.locator('input[aria-label="Lock the setting of Sales"]:enabled').press('Space');
  await page.locator('input[aria-label^="Group of Person"]').click();
  await page.getByRole('option', { name: 'Sales' }).click();
  await page.getByText('Elsewhere: locked for the group Sales').waitFor();

  await button('Add zone').click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Madrid');
  await save.click();
  await button('Edit Madrid').click();
  const subnets = page.getByRole('dialog').getByLabel('Subnets');
  await subnets.fill('10.1.2.3/16');
  await save.click();
  await page.getByText('The network is 10.1.0.0/16.').waitFor();
  const people = page.getByRole('dialog').getByLabel('People per router');
  await subnets.fill('10.1.0.0/16\n2001:db8::/32');
  await people.fill('0');
  await save.click();
  await page.getByText('Enter a whole number from 1 to 100000').waitFor();
  await assertFine(page, 'zone-dialog');
  await people.fill('150');
  await save.click();
  await page.getByText('10.1.0.0/16, 2001:db8::/32').waitFor();
  await page.getByText('People: 150, meetings: 100').waitFor();

  await page.getByLabel('Address', { exact: true }).fill('10.1.2.3');
  await button('Show the zone').click();
  await page.getByText('It would go to the zone Madrid.').waitFor();
  await page.getByText('The address is in 10.1.0.0/16, which belongs to Madrid.').waitFor();
  await page.getByLabel('Oldest version allowed').fill('99.0.0');
  await button('Save').click();
  await page.getByText(/^Update before/u).waitFor();
  await assertFine(page, 'configuration');

  await page.getByRole('tab', { name: 'Live' }).click();
  await button('Switch to production').click();
  await page.getByRole('heading', { name: 'Production', exact: true }).waitFor();
  await assertFine(page, 'live');
  await button('Switch to test mode').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Switch to test mode' }).click();
  await page.getByRole('heading', { name: 'Test mode', exact: true }).waitFor();
  expect(person.problems).toEqual([]);
});

test('the same pages on a phone, dark, in Spanish', async () => {
  const look = { language: 'es-ES', viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
  await using person = await Person.create(browser, { name: 'Dueña', ...look });
  const { page } = person;
  await person.context.request.post(`${cloud.url}/api/v1/session`, { data: owner });
  for (const [tab, ready] of [
    ['download', /1\.4\.0/u],
    ['configuration', /Versión mínima/u],
    ['live', /Antes de producción/u],
    ['monitoring', /En marcha|Servidores/u],
  ] as const) {
    await page.goto(`${cloud.url}/connector/${tab}`);
    await page.getByText(ready).first().waitFor();
    await assertFine(page, `es-${tab}`);
  }
  expect(person.problems).toEqual([]);
});
