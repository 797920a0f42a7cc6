import { inboundStreams, launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
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

const pictureWidthPx = async (person: Person): Promise<number> =>
  Math.max(
    0,
    ...(await inboundStreams(person.page))
      .filter((one) => one.kind === 'video')
      .map((one) => one.frameWidthPx),
  );

test('who gives no camera and no microphone is told so, and gets in all the same', async () => {
  const meeting = await owner.createMeeting();
  const shy = await launchBrowser({ allowDevices: false });
  try {
    await using ana = await Person.create(browser, { name: 'Ana' });
    await using ben = await Person.create(shy, { name: 'Ben', allowDevices: false });
    await ana.join(meeting.joinUrl);
    await ben.openPreJoin(meeting.joinUrl);
    await ben.page
      .getByText(/may not use your camera/iu)
      .first()
      .waitFor();
    await ben.button('Join').click();
    await ben.button('Leave').waitFor();
    await ben.receives({ video: 1, audio: 1 });
    await ana.button(/^Participants/u).click();
    await expect
      .poll(() =>
        ana.page.getByRole('complementary').getByRole('listitem').filter({ hasText: 'Ben' }).count(),
      )
      .toBe(1);
  } finally {
    await shy.close();
  }
});

test('the size of the tile decides which simulcast layer arrives', async () => {
  const meeting = await owner.createMeeting();
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using large = await Person.create(browser, { name: 'Large', viewport: { width: 1280, height: 800 } });
  await using small = await Person.create(browser, { name: 'Small', viewport: { width: 360, height: 640 } });
  await ana.join(meeting.joinUrl);
  await large.join(meeting.joinUrl);
  await large.receives({ video: 1, audio: 1 });
  // One picture over a large window: the highest layer that the sender's bandwidth estimate allows, at least the middle one.
  await expect.poll(() => pictureWidthPx(large), { timeout: 60_000 }).toBeGreaterThanOrEqual(640);
  await small.join(meeting.joinUrl);
  await small.receives({ video: 2, audio: 2 });
  const widths = async (): Promise<number[]> =>
    (await inboundStreams(small.page))
      .filter((one) => one.kind === 'video' && one.framesDecoded > 0)
      .map((one) => one.frameWidthPx);
  await expect.poll(async () => Math.max(...(await widths())), { timeout: 60_000 }).toBeLessThanOrEqual(640);
});

test('another camera and microphone can be chosen in the meeting, and the others go on seeing and hearing', async () => {
  const many = await launchBrowser({ flags: ['--use-fake-device-for-media-stream=device-count=2'] });
  try {
    const meeting = await owner.createMeeting();
    await using ana = await Person.create(many, { name: 'Ana' });
    await using ben = await Person.create(browser, { name: 'Ben' });
    await ana.join(meeting.joinUrl);
    await ben.join(meeting.joinUrl);
    await ben.receives({ video: 1, audio: 1 });
    await ana.button('More').click();
    await ana.page.getByRole('menuitem', { name: 'Settings' }).click();
    const dialog = ana.page.getByRole('dialog');
    for (const label of ['Camera', 'Microphone']) {
      const select = dialog.getByLabel(label, { exact: true });
      const options = await select.locator('option').all();
      await select.selectOption({ index: options.length - 1 });
    }
    await ben.receives({ video: 1, audio: 1 });
    expect(ana.problems).toEqual([]);
  } finally {
    await many.close();
  }
});
