import { axeViolations, launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

const member = { email: 'ben@example.org', password: 'green bicycles sing' };
let product: Product;
let browser: Browser;
let owner: PortalApi;

beforeAll(async () => {
  [product, browser] = await Promise.all([Product.start(), launchBrowser()]);
  owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  await owner.raw('POST', '/api/v1/users', { ...member, name: 'Ben', role: 'member' });
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const cloudPid = async (): Promise<number> => {
  const found = (await product.status()).find((one) => one.role === 'cloud');
  if (found === undefined) throw new Error('no cloud runs');
  return found.pid;
};

/** The page keeps itself for later some seconds after it is of use. */
const isKept = (person: Person): Promise<unknown> =>
  person.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
const keepsPassFor = (person: Person, number: string): Promise<unknown> =>
  person.page.waitForFunction((digits) => localStorage.getItem('guildhall.passes')?.includes(digits), number);

test('with the portal away members start and join a scheduled meeting from pages the browser kept', async () => {
  const { joinUrl, number } = await owner.createMeeting({
    topic: 'Weekly round',
    startsAtMs: Date.now() + 3_600_000,
  });
  await using ana = await Person.create(browser, { name: 'Owner' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await using guest = await Person.create(browser, {
    name: 'Carla',
    viewport: { width: 390, height: 844 },
    language: 'es-ES',
  });
  await ana.signIn(product.facts.portal, product.facts.owner);
  await ben.signIn(product.facts.portal, member);
  await ben.openPreJoin(joinUrl);
  await guest.page.goto(joinUrl);
  await Promise.all([isKept(ana), isKept(ben), isKept(guest)]);
  await Promise.all([keepsPassFor(ana, number), keepsPassFor(ben, number)]);

  const frozen = await cloudPid();
  process.kill(frozen, 'SIGSTOP');
  try {
    await ana.page.goto(product.facts.portal, { waitUntil: 'commit' });
    await ana.page.getByRole('heading', { name: 'The portal cannot be reached' }).waitFor();
    await ana.page.getByText('Weekly round').waitFor();
    expect(await axeViolations(ana.page)).toEqual([]);
    await ana.page.getByRole('link', { name: 'Start Weekly round' }).click();
    await ana.page.getByText('You can join all the same').waitFor();
    await ana.button('Join').click();
    await ana.button('Leave').waitFor();

    await ben.page.goto(`${product.facts.portal}/j/${number}`, { waitUntil: 'commit' });
    await ben.page.getByText('You join as Ben.').waitFor();
    await ben.button('Join').click();
    await ben.button('Leave').waitFor();
    await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);

    // Without a single right the page says so, and nothing is out of its place.
    await guest.page.goto(product.facts.portal, { waitUntil: 'commit' });
    await guest.page.getByRole('heading', { level: 1, name: 'No se puede acceder al portal' }).waitFor();
    expect(await axeViolations(guest.page)).toEqual([]);
    const shots = process.env['GUILDHALL_SCREENSHOTS'];
    if (shots !== undefined) await guest.page.screenshot({ path: join(shots, 'away-390.png') });

    // Somebody without a right is told who may and why; the passcode does not help.
    await guest.page.goto(joinUrl, { waitUntil: 'commit' });
    await guest.page.getByRole('textbox', { name: /nombre/iu }).fill('Carla');
    await guest.button('Entrar').click();
    await guest.page
      .getByText(/los invitados/u)
      .first()
      .waitFor({ timeout: 40_000 });
    expect(await guest.button('Salir').count()).toBe(0);

    // A page loaded again comes back to the own seat: one Ben, not two.
    await ben.page.reload({ waitUntil: 'commit' });
    await ben.button('Join').click();
    await ben.button('Leave').waitFor();
    await ana.button(/^Participants/u).click();
    const roster = ana.page.getByRole('complementary').getByRole('listitem').filter({ hasText: 'Ben' });
    await expect.poll(() => roster.count()).toBe(1);
  } finally {
    // Frozen, then dead: it is started again by itself.
    process.kill(frozen, 'SIGKILL');
  }
  const isRunning = async (): Promise<boolean> => {
    const answer = await owner.raw('GET', `/api/v1/meetings/${number}`).catch(() => undefined);
    return JSON.stringify(answer?.body ?? null).includes('"state":"running"');
  };
  await expect.poll(isRunning, { timeout: 30_000 }).toBe(true);
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  // Those outside find the portal again without a hand.
  await guest.page.goto(joinUrl);
  await guest.page.getByRole('textbox', { name: /nombre/iu }).fill('Carla');
  await guest.button('Entrar').click();
  await guest.button('Salir').waitFor();
}, 150_000);
