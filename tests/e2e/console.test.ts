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
  await admin.page.getByRole('textbox', { name: /user/iu }).fill(product.facts.consoleUser.username);
  await admin.page
    .getByLabel(/^password/iu)
    .first()
    .fill('not the password');
  await admin.button(/^sign in$/iu).click();
  await admin.page.getByText(/wrong/iu).first().waitFor();
  await admin.page
    .getByLabel(/^password/iu)
    .first()
    .fill(product.facts.consoleUser.password);
  await admin.button(/^sign in$/iu).click();
  const services = admin.page
    .getByRole('row')
    .filter({ hasText: 'mmr' })
    .or(admin.page.getByRole('listitem').filter({ hasText: 'mmr' }));
  await services
    .first()
    .getByText(/running/iu)
    .first()
    .waitFor();

  const api = new PortalApi(product.facts.console);
  await api.raw('POST', '/api/v1/session', product.facts.consoleUser);
  const router = async (): Promise<string> => {
    const status = await api.call('GET', '/api/v1/status', ConsoleStatus);
    return status.services.find((one) => one.name === 'mmr')?.state ?? 'missing';
  };
  await services.first().getByRole('button', { name: /^stop/iu }).click();
  const confirm = admin.page.getByRole('dialog').getByRole('button', { name: /stop/iu });
  if (await confirm.isVisible().catch(() => false)) await confirm.click();
  await expect.poll(router, { timeout: 15_000 }).toBe('stopped');
  await services
    .first()
    .getByText(/stopped/iu)
    .first()
    .waitFor();
  await services
    .first()
    .getByRole('button', { name: /^start/iu })
    .click();
  await expect.poll(router, { timeout: 15_000 }).toBe('running');
  await services
    .first()
    .getByText(/running/iu)
    .first()
    .waitFor();
});
