import { launchBrowser, Person, Product } from '@guildhall/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

// RFC 5737: nobody has this address.
const wrongAddress = '203.0.113.5';
let product: Product;
let browser: Browser;

beforeAll(async () => {
  // An outside address besides, and it is not the router's own: what an operator behind NAT gets wrong.
  const env = { GUILDHALL_MMR_MEDIA_ANNOUNCED: `127.0.0.1,${wrongAddress}` };
  [product, browser] = await Promise.all([Product.start({ env }), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

test('the self-test tells which media addresses this browser reaches, and which one is wrong', async () => {
  await using admin = await Person.create(browser, { name: 'Admin' });
  await admin.page.goto(`${product.facts.console}/console/self-test`);
  await admin.page.getByRole('textbox', { name: /user/iu }).fill(product.facts.consoleUser.username);
  await admin.page
    .getByLabel(/^password/iu)
    .first()
    .fill(product.facts.consoleUser.password);
  // Signing in stays on the page that was asked for.
  await admin.button(/^sign in$/iu).click();
  await admin.button('Test media ports').click();
  const card = admin.page.getByRole('region', { name: 'From this browser' });
  for (const protocol of ['UDP', 'TCP']) {
    await card
      .getByText(new RegExp(`^${protocol} \\d+ at 127\\.0\\.0\\.1 was reached`, 'u'))
      .first()
      .waitFor();
    await card
      .getByText(new RegExp(`^${protocol} \\d+ at 203\\.0\\.113\\.5 was not reached`, 'u'))
      .first()
      .waitFor();
  }
  expect(await card.innerText()).toContain('correct the outside address');
  const shots = process.env['GUILDHALL_SCREENSHOTS'];
  if (shots !== undefined) await admin.page.screenshot({ path: `${shots}/media-probe.png`, fullPage: true });
});
