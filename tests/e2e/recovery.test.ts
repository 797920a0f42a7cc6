import { launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backAfterMs } from './back-after.ts';

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

const pidOf = async (role: string): Promise<number> => {
  const found = (await product.status()).find((one) => one.role === role);
  if (found === undefined) throw new Error(`no ${role} runs`);
  return found.pid;
};

const rosterCount = (person: Person, name: string): Promise<number> =>
  person.page.getByRole('complementary').getByRole('listitem').filter({ hasText: name }).count();

test('a cut signalling socket: same seat, no ghost, no lost chat line', async () => {
  const meeting = await owner.createMeeting();
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  const sockets: { page: WebSocketRoute; server: WebSocketRoute }[] = [];
  let refuse = false;
  await ben.page.routeWebSocket(/\/v1\/meeting/u, (route) => {
    if (refuse) {
      void route.close({ code: 4999 });
      return;
    }
    sockets.push({ page: route, server: route.connectToServer() });
  });
  await ana.join(meeting.joinUrl);
  await ben.join(meeting.joinUrl);
  await ana.receives({ video: 1, audio: 1 });

  refuse = true;
  for (const socket of sockets) {
    await socket.server.close();
    await socket.page.close({ code: 4999 });
  }
  await ben.page
    .getByText(/reconnecting/iu)
    .first()
    .waitFor();
  await ana.button(/^Chat/u).click();
  await ana.page.getByRole('textbox', { name: /message/iu }).fill('Said while Ben was away');
  await ana.page.keyboard.press('Enter');
  refuse = false;

  await ben.button(/^Chat/u).click();
  await ben.page.getByText('Said while Ben was away').waitFor();
  expect(await ben.page.getByText('Said while Ben was away').count()).toBe(1);
  await ana.button(/^Participants/u).click();
  await expect.poll(() => rosterCount(ana, 'Ben')).toBe(1);
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
});

test('a media worker is killed: media is back by itself, other workers are not touched', async () => {
  const meeting = await owner.createMeeting();
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await ana.join(meeting.joinUrl);
  await ben.join(meeting.joinUrl);
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  const mmr = (await product.status()).find((one) => one.role === 'mmr');
  const tookMs = await backAfterMs([ana, ben], () => {
    for (const pid of mmr?.workers ?? []) process.kill(pid, 'SIGKILL');
  });
  console.log(`worker killed: media of everybody back after ${tookMs} ms`);
  expect(await pidOf('mmr')).toBe(mmr?.pid);
});

test('the router is killed: it is started again and everybody is back in the same meeting', async () => {
  const meeting = await owner.createMeeting();
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await ana.join(meeting.joinUrl);
  await ben.join(meeting.joinUrl);
  await ana.button(/^Chat/u).click();
  await ana.page.getByRole('textbox', { name: /message/iu }).fill('Before the fall');
  await ana.page.keyboard.press('Enter');
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  const mmrPid = await pidOf('mmr');
  const tookMs = await backAfterMs([ana, ben], () => process.kill(mmrPid, 'SIGKILL'));
  console.log(`router killed: media of everybody back after ${tookMs} ms`);
  await ben.button(/^Chat/u).click();
  await ben.page.getByText('Before the fall').waitFor();
  await ben.button(/^Participants/u).click();
  await expect.poll(() => rosterCount(ben, 'Ana')).toBe(1);
});

test('the cloud and the controller are killed: nobody in the meeting notices, and its people can rejoin', async () => {
  const meeting = await owner.createMeeting();
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await ana.join(meeting.joinUrl);
  await ben.join(meeting.joinUrl);
  await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
  process.kill(await pidOf('cloud'), 'SIGSTOP');
  try {
    process.kill(await pidOf('zctrl'), 'SIGKILL');
    await Promise.all([
      ana.receives({ video: 1, audio: 1 }, 10_000),
      ben.receives({ video: 1, audio: 1 }, 10_000),
    ]);
    expect(await ana.page.getByText(/reconnecting/iu).count()).toBe(0);
    // The router dies too: with the cloud away, the rejoin token and the controller's disk must be enough.
    const mmrPid = await pidOf('mmr');
    const tookMs = await backAfterMs([ana, ben], () => process.kill(mmrPid, 'SIGKILL'));
    console.log(`controller and router killed with the cloud away: back after ${tookMs} ms`);
  } finally {
    process.kill(await pidOf('cloud'), 'SIGCONT');
  }
});
