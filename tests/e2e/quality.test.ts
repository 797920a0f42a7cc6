import { LiveMeetingList, MonitoredServiceList, Series } from '@guildhall/protocol';
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

test('an administrator sees who is in a meeting and how well real media gets through for them', async () => {
  const owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  await ana.signIn(product.facts.portal, product.facts.owner);
  await ana.button('New meeting').first().click();
  await ana.button('Join').click();
  await ana.button('Leave').waitFor();
  await ben.join(ana.page.url());
  await ben.receives({ video: 1, audio: 1 });

  const monitoring = '/api/v1/connector/monitoring';
  const people = async () => {
    const { meetings } = await owner.call('GET', `${monitoring}/meetings`, LiveMeetingList);
    return meetings.flatMap((meeting) => meeting.people);
  };
  // Loss is a difference between two measurements ten seconds apart, handed on every ten seconds.
  const measured = async (): Promise<number> =>
    (await people()).filter(({ mos, lossIn }) => mos !== null && lossIn !== null).length;
  await expect.poll(measured, { timeout: 60_000, interval: 1_000 }).toBe(2);
  for (const person of await people()) {
    expect(person.mos).toBeGreaterThan(4);
    expect(person.lossIn).toBeLessThan(0.02);
    expect(person.roundTripTimeMs).toBeLessThan(200);
    expect(person.bitrateInBps).toBeGreaterThan(20_000);
    expect(person.transport).toBe('udp');
  }
  expect((await people()).map(({ name }) => name)).toContain('Ben');

  const { services } = await owner.call('GET', `${monitoring}/nodes`, MonitoredServiceList);
  expect(services.map(({ service, state, participants }) => [service, state, participants])).toEqual([
    ['zctrl', 'connected', 2],
    ['mmr', 'connected', 2],
  ]);
  const series = await owner.call('GET', `${monitoring}/series?metric=participants&range=1h`, Series);
  expect(series.values.slice(-6)).toContain(2);
}, 120_000);
