import { join } from 'node:path';
import { LiveMeetingList, MonitoredServiceList, type MonitoredService } from '@guildhall/protocol';
import { axeViolations, launchBrowser, mediaPorts, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The Drain button of the portal, from the question to the last person who is told why a meeting ended. */

/** Where to keep pictures of each step, for who wants to look at them. */
const picturesDir = process.env['GUILDHALL_SCREENSHOTS'];
const soon = { timeout: 60_000 };

let product: Product;
let browser: Browser;
let owner: PortalApi;

beforeAll(async () => {
  [product, browser] = await Promise.all([Product.start({ routers: 2 }), launchBrowser()]);
  owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const routers = async (): Promise<MonitoredService[]> => {
  const { services } = await owner.call('GET', '/api/v1/connector/monitoring/nodes', MonitoredServiceList);
  return services.filter(({ service }) => service === 'mmr');
};

/** Who sits where: the same ids before and after mean the same seats. */
const seats = async (): Promise<string[]> => {
  const { meetings } = await owner.call('GET', '/api/v1/connector/monitoring/meetings', LiveMeetingList);
  return meetings.flatMap(({ people }) => people.map(({ participantId }) => participantId)).toSorted();
};

const monitoring = async (person: Person): Promise<Page> => {
  await person.context.request.post(`${product.facts.portal}/api/v1/session`, { data: product.facts.owner });
  await person.page.goto(`${product.facts.portal}/connector/monitoring`);
  await person.page.getByRole('table').last().waitFor();
  return person.page;
};

const look = async (name: string, page: Page): Promise<void> => {
  const { width } = page.viewportSize() ?? { width: 0 };
  if (picturesDir !== undefined) {
    await page.screenshot({
      path: join(picturesDir, `drain-${name}-${width}.png`),
      fullPage: true,
      animations: 'disabled',
    });
  }
  expect([name, width, await axeViolations(page)]).toEqual([name, width, []]);
  const overflowPx = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect([name, width, overflowPx]).toEqual([name, width, 0]);
};

test('a router is drained, taken back, and drained to an end, by the buttons of the portal', async () => {
  const { joinUrl } = await owner.createMeeting({
    topic: 'Harvest',
    startsAtMs: Date.now() + 3_600_000,
    settings: { joinBeforeHost: true, lobby: false },
  });
  await using ana = await Person.create(browser, { name: 'Ana' });
  await using ben = await Person.create(browser, { name: 'Ben' });
  const people = [ana, ben];
  for (const person of people) await person.join(joinUrl);
  const everybodyReceives = () =>
    Promise.all(people.map((one) => one.receives({ video: 1, audio: 1 }, 60_000)));
  await everybodyReceives();
  await expect.poll(async () => (await seats()).length, soon).toBe(2);
  const seated = await seats();
  await expect
    .poll(async () => (await routers()).every(({ state }) => state === 'connected'), soon)
    .toBe(true);
  const all = await routers();
  const [from, to] = [all.find(({ meetings }) => meetings > 0), all.find(({ meetings }) => meetings === 0)];
  if (!from || !to) throw new Error('the meeting is not on exactly one router');
  const before = await mediaPorts(ana.page);

  await using boss = await Person.create(browser, { name: 'Owner', viewport: { width: 1280, height: 900 } });
  await using jefa = await Person.create(browser, {
    name: 'Owner',
    viewport: { width: 390, height: 844 },
    language: 'es-ES',
    colorScheme: 'dark',
  });
  const [desk, phone] = [await monitoring(boss), await monitoring(jefa)];
  const both = async (name: string): Promise<void> => {
    await look(name, desk);
    await look(name, phone);
  };
  const row = (name: string) =>
    desk
      .getByRole('table')
      .last()
      .getByRole('row')
      .filter({ has: desk.getByText(name, { exact: true }) });
  const question = desk.getByRole('dialog');

  // With another router: it asks, the meeting moves, nobody leaves their seat.
  await desk.getByRole('button', { name: `Drain ${from.name}`, exact: true }).click();
  await question.getByText('Meetings: 1, people: 2').waitFor();
  await look('question', desk);
  await question.getByRole('button', { name: 'Drain', exact: true }).click();
  await desk.getByText(`${from.name} is being drained.`).waitFor();
  await row(from.name).getByText('Draining').waitFor(soon);
  await row(from.name).getByText('Empty: it can be stopped or updated now.').waitFor(soon);
  await phone.getByText('Vacío: ya se puede detener o actualizar.').waitFor(soon);
  await expect
    .poll(async () => (await mediaPorts(ana.page)).some((port) => before.includes(port)), soon)
    .toBe(false);
  await everybodyReceives();
  await expect.poll(seats, soon).toEqual(seated);
  await both('empty');

  // Nobody else is left to take it: what to do then is asked, what will happen is shown, and it can be taken back.
  const asked: unknown[] = [];
  let deadlineMs = 600_000;
  await desk.route('**/drain', (route) => {
    const order: unknown = route.request().postDataJSON();
    asked.push(order);
    // A test does not wait for the five minutes that the page offers at least.
    return route.continue({ postData: JSON.stringify({ action: 'start', atDeadline: 'end', deadlineMs }) });
  });
  const drainToTheEnd = async (): Promise<void> => {
    await desk.getByRole('button', { name: `Drain ${to.name}`, exact: true }).click();
    await question.getByText('No other router of its zone is connected').waitFor();
    await question.getByRole('radio', { name: 'End it at a deadline' }).click();
    await question.getByLabel('Deadline', { exact: true }).selectOption('in 5 minutes');
  };
  await drainToTheEnd();
  await look('end-question', desk);
  await question.getByRole('button', { name: 'Drain, and end what is left' }).click();
  await row(to.name).getByText('Left: 1 meeting, 2 people.').waitFor(soon);
  await row(to.name)
    .getByText(/What has not moved by .+ is ended then/u)
    .waitFor(soon);
  await phone.getByText(/Lo que no se haya movido a las .+ se termina entonces/u).waitFor(soon);
  expect(asked).toEqual([{ action: 'start', atDeadline: 'end', deadlineMs: 300_000 }]);
  await both('left');
  await phone.getByRole('button', { name: `Cancelar el vaciado de ${to.name}`, exact: true }).click();
  await phone.getByText(`${to.name} vuelve a aceptar reuniones.`).waitFor();
  await row(to.name).getByText('Connected').waitFor(soon);
  expect((await routers()).map(({ drainEndsAtMs }) => drainEndsAtMs)).toEqual([undefined, undefined]);
  await everybodyReceives();

  // And in earnest: everybody is told why, and can come back when there is room.
  deadlineMs = 1_000;
  await drainToTheEnd();
  await question.getByRole('button', { name: 'Drain, and end what is left' }).click();
  for (const { page } of people)
    await page.getByRole('heading', { name: 'The meeting was ended for maintenance' }).waitFor(soon);
  await look('ended', ana.page);
  await row(to.name).getByText('Empty: it can be stopped or updated now.').waitFor(soon);
  for (const { name } of [from, to]) {
    await desk.unrouteAll();
    await desk.getByRole('button', { name: `Cancel the drain of ${name}`, exact: true }).click();
    await row(name).getByText('Connected').waitFor(soon);
  }
  await ana.button('Join again').click();
  await ana.button('Join').click();
  await ana.button('Leave').waitFor(soon);
  expect([...boss.problems, ...jefa.problems, ...ana.problems]).toEqual([]);
}, 300_000);
