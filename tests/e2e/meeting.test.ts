import { launchBrowser, mediaPorts, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

let product: Product;
let browser: Browser;
let owner: PortalApi;

beforeAll(async () => {
  [product, browser] = await Promise.all([Product.start(), launchBrowser()]);
  owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

test('three people see and hear each other, share a screen, chat, leave, and the host ends it for all', async () => {
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await using chi = await Person.create(browser, { name: 'Chi' });

  await ana.signIn(product.facts.portal, product.facts.owner);
  await ana.button('New meeting').first().click();
  await ana.button('Join').click();
  await ana.button('Leave').waitFor();
  const joinUrl = ana.page.url();

  await ben.join(joinUrl);
  await chi.join(joinUrl);
  await Promise.all([ana, ben, chi].map((person) => person.receives({ video: 2, audio: 2 })));

  // Every packet of the meeting goes to the router, none to the cloud.
  const router = product.facts.processes.find((one) => one.role === 'mmr');
  const media = router?.ports['media'] ?? 0;
  for (const person of [ana, ben, chi])
    for (const port of await mediaPorts(person.page))
      expect([media, media + 1, media + 2, media + 3]).toContain(port);

  await chi.button('Share screen').click();
  await chi.button('Stop sharing').waitFor();
  await Promise.all([ana, ben].map((person) => person.receives({ video: 3, audio: 2 })));
  await chi.button('Stop sharing').click();
  await chi.button('Share screen').waitFor();

  await ben.button(/^Chat/u).click();
  await ben.page.getByRole('textbox', { name: /message/iu }).fill('Does everybody read this?');
  await ben.page.keyboard.press('Enter');
  await ana.button(/^Chat/u).click();
  await ana.page.getByText('Does everybody read this?').waitFor();
  await chi.button(/^Chat/u).click();
  await chi.page.getByText('Does everybody read this?').waitFor();

  await chi.button('Leave').click();
  await ana.button(/^Participants/u).click();
  await expect.poll(() => ana.page.getByRole('listitem').filter({ hasText: 'Chi' }).count()).toBe(0);

  await ana.button('Leave').click();
  await ana.page
    .getByRole('button', { name: 'End for all' })
    .or(ana.page.getByRole('menuitem', { name: 'End for all' }))
    .click();
  await ben.page.getByText(/ended/iu).first().waitFor();
  // Whether somebody is signed in is asked with a request that answers 401 when not; Chromium prints that as an error.
  expect(
    [...ana.problems, ...ben.problems, ...chi.problems].filter((problem) => !problem.includes('401')),
  ).toEqual([]);
});

/** Voice and picture of the other one, within a look of some beeps; what was sent before may still be on its way. */
const stillReceives = (person: Person): Promise<boolean> =>
  person.receives({ video: 1, audio: 1 }, 2_500).then(
    () => true,
    () => false,
  );

test('mute is seen and heard, and who is muted sends no voice', async () => {
  const meeting = await owner.createMeeting({ topic: 'Quiet please' });
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await ana.join(meeting.joinUrl);
  await ben.join(meeting.joinUrl);
  await ben.receives({ video: 1, audio: 1 });
  await ana.button('Mute').click();
  await ana.button('Unmute').waitFor();
  await ben.button(/^Participants/u).click();
  await ben.page
    .getByRole('listitem')
    .filter({ hasText: 'Ana' })
    .getByText(/muted/iu)
    .or(ben.page.getByLabel(/Ana.*muted/iu))
    .first()
    .waitFor();
  await expect.poll(() => stillReceives(ben)).toBe(false);
  await ana.button('Unmute').click();
  await ben.receives({ video: 1, audio: 1 });
  await ana.button('Stop video').click();
  await ana.button('Start video').waitFor();
  await expect.poll(() => stillReceives(ben)).toBe(false);
  await ana.button('Start video').click();
  await ben.receives({ video: 1, audio: 1 });
});

test('who waits in the lobby gets nothing of the meeting until the host admits', async () => {
  const meeting = await owner.createMeeting({ topic: 'Behind the door', settings: { lobby: true } });
  await using host = await Person.create(browser, { name: 'Owner' });
  await using guest = await Person.create(browser, { name: 'Gus' });
  await host.signIn(product.facts.portal, product.facts.owner);
  await host.join(meeting.joinUrl);
  await guest.openPreJoin(meeting.joinUrl);
  await guest.button('Join').click();
  await guest.page
    .getByText(/let you in|lobby|waiting/iu)
    .first()
    .waitFor();
  expect(
    await guest.page.evaluate(
      () => (window.__peerConnections ?? []).filter((one) => one.connectionState !== 'closed').length,
    ),
  ).toBe(0);
  await host.button(/^Participants/u).click();
  await host.page.getByText('Gus').first().waitFor();
  await host
    .button(/^Admit( Gus)?$/u)
    .first()
    .click();
  await guest.button('Leave').waitFor();
  await Promise.all([host.receives({ video: 1, audio: 1 }), guest.receives({ video: 1, audio: 1 })]);
});
