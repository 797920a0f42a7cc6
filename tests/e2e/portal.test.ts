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

test('a meeting is scheduled, found in the list, changed and deleted', async () => {
  await using owner = await Person.create(browser, { name: 'Owner' });
  await owner.signIn(product.facts.portal, product.facts.owner);
  await owner.page.getByRole('link', { name: 'Schedule' }).or(owner.button('Schedule')).first().click();
  await owner.page.getByLabel('Topic').fill('Budget round');
  await owner.button('Schedule').click();
  await owner.page.getByText('Budget round').first().waitFor();
  await owner.page.goto(product.facts.portal);
  await owner.page.getByRole('link', { name: 'Budget round' }).first().click();
  await owner.page.getByRole('link', { name: /^edit/iu }).or(owner.button(/^edit/iu)).first().click();
  await owner.page.getByLabel('Topic').fill('Budget round, second try');
  await owner.button(/^save/iu).click();
  await owner.page.getByText('Budget round, second try').first().waitFor();
  await owner
    .button(/^delete/iu)
    .first()
    .click();
  await owner.page
    .getByRole('dialog')
    .getByRole('button', { name: /delete/iu })
    .click();
  // Leaving the page before the answer would call the request off.
  await owner.page.getByRole('dialog').waitFor({ state: 'hidden' });
  await owner.page.goto(product.facts.portal);
  await owner.button('New meeting').first().waitFor();
  await expect.poll(() => owner.page.getByText('Budget round, second try').count()).toBe(0);
});

test('the owner learns at once that a meeting of theirs has started', async () => {
  await using owner = await Person.create(browser, { name: 'Owner' });
  await using guest = await Person.create(browser, { name: 'Guest' });
  // Notices come over the gateway's socket, from its first answer on.
  const heard = new Promise((resolve) =>
    owner.page.on('websocket', (socket) => {
      if (socket.url().includes('/gateway')) socket.once('framereceived', resolve);
    }),
  );
  await owner.signIn(product.facts.portal, product.facts.owner);
  await heard;
  const api = new PortalApi(product.facts.portal);
  await api.signIn(product.facts.owner);
  const meeting = await api.createMeeting({ topic: 'Open house' });
  const notice = owner.page
    .getByRole('alert')
    .or(owner.page.getByRole('status'))
    .filter({ hasText: 'Open house' })
    .first();
  // It does not stay for ever, so it is waited for before it can come.
  await expect(Promise.all([notice.waitFor(), guest.join(meeting.joinUrl)])).resolves.toBeDefined();
});

test('a wrong passcode is explained, the right one lets in', async () => {
  const api = new PortalApi(product.facts.portal);
  await api.signIn(product.facts.owner);
  const meeting = await api.createMeeting({ topic: 'Behind a passcode' });
  await using guest = await Person.create(browser, { name: 'Guest' });
  await guest.openPreJoin(meeting.joinUrl.split('#')[0] ?? '');
  await guest.page.getByLabel(/passcode/iu).fill('wrong1');
  await guest.button('Join').click();
  await guest.page
    .getByText(/passcode is wrong/iu)
    .first()
    .waitFor();
  await guest.page.getByLabel(/passcode/iu).fill(meeting.passcode ?? '');
  await guest.button('Join').click();
  await guest.button('Leave').waitFor();
  expect(await guest.page.getByText(/passcode is wrong/iu).count()).toBe(0);
});
