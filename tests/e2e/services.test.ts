import { ConsoleStatus } from '@guildhall/protocol';
import { launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
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
  await expect.poll(state, { timeout: 15_000 }).toBe('stopped');
  await row
    .getByText(/stopped/iu)
    .first()
    .waitFor();
  await admin.button('Start mmr').click();
  await expect.poll(state, { timeout: 15_000 }).toBe('running');
  await row
    .getByText(/running/iu)
    .first()
    .waitFor();
});
