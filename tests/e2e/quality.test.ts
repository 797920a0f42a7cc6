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
  // Loss is a difference between two measurements ten seconds apart, handed on every ten seconds; the first one may be of a
  // machine that was just busy with the joining.
  const good = {
    mos: expect.toSatisfy((mos: number | null) => mos !== null && mos > 4),
    lossIn: expect.toSatisfy((loss: number | null) => loss !== null && loss < 0.02),
    roundTripTimeMs: expect.toSatisfy((ms: number | null) => ms !== null && ms < 200),
    bitrateInBps: expect.toSatisfy((bps: number) => bps > 20_000),
    transport: 'udp',
  };
  await expect.poll(people, { timeout: 120_000, interval: 1_000 }).toMatchObject([good, good]);
  expect((await people()).map(({ name }) => name)).toContain('Ben');

  const services = async () => {
    const list = await owner.call('GET', `${monitoring}/nodes`, MonitoredServiceList);
    return list.services.map(({ service, state, participants }) => [service, state, participants]);
  };
  await expect.poll(services).toEqual([
    ['zctrl', 'connected', 2],
    ['mmr', 'connected', 2],
  ]);
  const latest = async () => {
    const series = await owner.call('GET', `${monitoring}/series?metric=participants&range=1h`, Series);
    return series.values.slice(-6);
  };
  await expect.poll(latest).toContain(2);
});
