import { ConsoleStatus, JoinAnswer } from '@guildhall/protocol';
import { axeViolations, launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

let product: Product;
let browser: Browser;

beforeAll(async () => {
  [product, browser] = await Promise.all([Product.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

test('an administrator signs in at the console, stops the router and starts it again', async () => {
  await using admin = await Person.create(browser, { name: 'Admin' });
  await admin.page.goto(product.facts.console);
  const password = admin.page.getByLabel(/^password/iu).first();
  await admin.page.getByRole('textbox', { name: /user/iu }).fill(product.facts.consoleUser.username);
  await password.fill('not the password');
  await admin.button(/^sign in$/iu).click();
  await admin.page.getByText(/wrong/iu).first().waitFor();
  await password.fill(product.facts.consoleUser.password);
  await admin.button(/^sign in$/iu).click();

  const api = new PortalApi(product.facts.console);
  await api.raw('POST', '/api/v1/session', product.facts.consoleUser);
  const state = async (): Promise<string> => {
    const status = await api.call('GET', '/api/v1/status', ConsoleStatus);
    return status.services.find((one) => one.name === 'mmr')?.state ?? 'missing';
  };
  const row = admin.page.getByRole('table').getByRole('row').filter({ hasText: 'mmr' });
  await row
    .getByText(/running/iu)
    .first()
    .waitFor();
  await admin.button('Stop mmr').click();
  // Nobody is in a meeting: there is nothing to ask.
  await expect.poll(state).toBe('stopped');
  await row
    .getByText(/stopped/iu)
    .first()
    .waitFor();
  await admin.button('Start mmr').click();
  await expect.poll(state).toBe('running');
  await row
    .getByText(/running/iu)
    .first()
    .waitFor();
});

test('on a phone, dark and in Spanish: Stop with a meeting offers to drain, and the draining router says what is left', async () => {
  const api = new PortalApi(product.facts.portal);
  await api.signIn(product.facts.owner);
  const { number } = await api.createMeeting();
  const { ticket, controllers } = await api.call('POST', `/api/v1/meetings/${number}/join`, JoinAnswer, {});
  const headers = { 'content-type': 'application/json' };
  const joining = { method: 'POST', headers, body: JSON.stringify({ ticket }) };
  await expect.poll(async () => (await fetch(`${controllers[0]}/v1/join`, joining)).status).toBe(200);
  await using admin = await Person.create(browser, {
    name: 'Admin',
    viewport: { width: 390, height: 844 },
    language: 'es-ES',
    colorScheme: 'dark',
  });
  const { page } = admin;
  await page.goto(product.facts.console);
  await page.getByRole('textbox', { name: /usuario/iu }).fill(product.facts.consoleUser.username);
  await page
    .getByLabel(/^contraseña/iu)
    .first()
    .fill(product.facts.consoleUser.password);
  await page.locator('form button[type=submit]').click();
  const look = async (name: string): Promise<void> => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const shots = process.env['GUILDHALL_SCREENSHOTS'];
    if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
    expect(await axeViolations(page), name).toEqual([]);
    const widthPx = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(widthPx, name).toBeLessThanOrEqual(390);
  };
  await admin.button('Parar mmr').waitFor();
  await page
    .getByText(/^Memoria \d/u)
    .first()
    .waitFor();
  await look('status-phone');
  await admin.button('Parar mmr').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Vaciar antes' }).waitFor();
  expect(await dialog.getByRole('button').count()).toBeGreaterThanOrEqual(3);
  await look('stop-dialog-phone');
  await dialog.getByRole('button', { name: 'Vaciar antes' }).click();
  await admin.button('Cancelar el vaciado').waitFor();
  await look('draining-phone');
  await admin.button('Cancelar el vaciado').click();
  await admin.button('Cancelar el vaciado').waitFor({ state: 'detached' });
  await page.goto(`${product.facts.console}/console/users`);
  await admin
    .button(/Borrar|Eliminar/u)
    .first()
    .waitFor();
  await look('users-phone');
});
