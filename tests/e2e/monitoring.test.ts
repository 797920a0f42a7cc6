import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Me, Meeting, newIdText, ParticipantIdSchema, RouterIdSchema } from '@guildhall/protocol';
import { axeViolations, launchBrowser } from '@guildhall/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { owner, signedIn, startCloud, type TestCloud } from '../contract/rest/cloud.ts';
import { connectController, enableConnector, enrol } from '../contract/rest/node.ts';

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
/** Where to keep pictures of every view, for who wants to look at them. */
const picturesDir = process.env['GUILDHALL_TEST_PICTURES'];

let cloud: TestCloud;
let browser: Browser;
let stopReports: () => void;

/** Days as they are: calm nights, busy noons, an hour in which nobody measured. */
async function seedHistory(accountId: Me['account']['accountId']): Promise<void> {
  const nowMs = Date.now();
  for (const [stepMs, spanMs] of [
    [minuteMs, dayMs],
    [15 * minuteMs, 90 * dayMs],
  ] as const) {
    const last = nowMs - (nowMs % stepMs) - stepMs;
    const samples = [];
    for (let atMs = last - spanMs; atMs <= last; atMs += stepMs) {
      const agoMs = last - atMs;
      if (agoMs > 5 * 60 * minuteMs && agoMs < 6.5 * 60 * minuteMs) continue;
      const busy = Math.max(0, Math.sin((2 * Math.PI * (atMs % dayMs)) / dayMs - 1.5));
      samples.push({
        accountId,
        scopeId: accountId,
        stepMs,
        atMs,
        meetings: Math.round(6 * busy),
        participants: Math.round(40 * busy),
        bitrateInBps: 30e6 * busy,
        bitrateOutBps: 110e6 * busy,
        cpu: 0.05 + 0.5 * busy,
        loss: 0.001 + 0.01 * busy,
        rttMs: 18 + 20 * busy,
        jitterMs: 2,
        mos: 4.4 - 0.3 * busy,
      });
    }
    await cloud.store.samples.put(samples);
  }
}

beforeAll(async () => {
  const pagesDir = fileURLToPath(new URL('../../apps', import.meta.url));
  [cloud, browser] = await Promise.all([startCloud({ config: { pagesDir } }), launchBrowser()]);
  const boss = await signedIn(cloud);
  const token = await enableConnector(boss);
  const controller = await enrol(cloud, token);
  const mmr = await enrol(cloud, token, 'mmr');
  const third = await enrol(cloud, token, 'mmr');
  const meeting = (await boss.call('POST', '/api/v1/meetings', { topic: 'Weekly council' })).parse(Meeting);
  await seedHistory((await boss.call('GET', '/api/v1/me')).parse(Me).account.accountId);
  const { link } = await connectController(cloud, controller);
  const load = { participants: 3, meetings: 1, workerCpu: 0.31, bitrateInBps: 4e6, bitrateOutBps: 9e6 };
  const routers = [controller, mmr].map(({ facts }, index) => ({
    routerId: RouterIdSchema.parse(newIdText('router', randomBytes)),
    nodeId: facts.nodeId,
    version: '0.1.0',
    state: 'connected' as const,
    load,
    sinceMs: Date.now() - 3 * 3_600_000,
    ...(index === 0 && { overload: 'worker-cpu' as const }),
  }));
  const person = (name: string, mos: number | null) => ({
    participantId: ParticipantIdSchema.parse(newIdText('participant', randomBytes)),
    name,
    role: 'participant' as const,
    bitrateInBps: 1.4e6,
    bitrateOutBps: 3e6,
    lossIn: mos === null ? null : 0.002,
    lossOut: mos === null ? null : (4.5 - mos) / 20,
    roundTripTimeMs: mos === null ? null : 24,
    jitterMs: 2,
    mos,
    transport: 'udp' as const,
  });
  const people = [person('Ana Ruiz', 4.35), person('Ben', 3.4), person('Zoë', 2.1), person('New here', null)];
  const pair = { state: 'alone' as const, sinceMs: Date.now() - 5 * minuteMs };
  const [chosen, busy] = [mmr.facts.nodeId, controller.facts.nodeId];
  const routersFound = [
    { nodeId: chosen, verdict: 'chosen' as const, score: 0.12 },
    { nodeId: busy, verdict: 'busy' as const, score: 0.93 },
    { nodeId: third.facts.nodeId, verdict: 'outdated' as const, score: null },
  ];
  const { meetingId } = meeting;
  link.emit('placement.decided', { meetingId, atMs: Date.now(), why: 'only-one', routers: routersFound });
  const report = (): void => {
    link.emit('status.reported', { routers, meetings: 1, participants: 3, pair });
    for (const [index, { routerId, nodeId }] of routers.entries()) {
      const meetings = index === 1 ? [{ meetingId: meeting.meetingId, startedAtMs: Date.now(), people }] : [];
      const addresses = ['ws://localhost:8443/v1/meeting'];
      const facts = { startedAtMs: Date.now() - 3 * 3_600_000, addresses, workers: [], meetings };
      link.emit('quality.reported', { routerId, nodeId, report: facts });
    }
  };
  report();
  const timer = setInterval(report, 2_000);
  stopReports = () => clearInterval(timer);
});

afterAll(async () => {
  stopReports?.();
  await browser?.close();
  await cloud?.close();
});

async function open(look: (typeof looks)[number]): Promise<Page> {
  const { colorScheme, viewport, locale } = look;
  const context = await browser.newContext({ colorScheme, viewport, locale, reducedMotion: 'reduce' });
  await context.request.post(`${cloud.url}/api/v1/session`, { data: owner });
  const page = await context.newPage();
  await page.goto(`${cloud.url}/connector/monitoring`);
  return page;
}

const looks = [
  { name: 'desk', colorScheme: 'light', viewport: { width: 1280, height: 900 }, locale: 'en-GB' },
  { name: 'phone', colorScheme: 'dark', viewport: { width: 390, height: 844 }, locale: 'es-ES' },
] as const;

const words = {
  'en-GB': ['Now', 'Charts', 'Meetings', 'Map', 'Events', 'Audit log', 'Alerts'],
  'es-ES': ['Ahora', 'Gráficas', 'Reuniones', 'Mapa', 'Sucesos', 'Auditoría', 'Alertas'],
} as const;

/** A controller whose pair is broken, and a router that takes nobody new. */
const rare = {
  'en-GB': { alone: /other controller has not answered since/u, overload: /limit of their CPU/u },
  'es-ES': { alone: /otro controlador no responde desde/u, overload: /al límite de CPU/u },
} as const;

describe.each(looks)('monitoring on a $name', (look) => {
  test('every view is accessible, fits, and shows what the zone reports', async () => {
    const page = await open(look);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    for (const [index, word] of words[look.locale].entries()) {
      await page
        .locator('label')
        .filter({ hasText: new RegExp(`^${word}$`, 'u') })
        .click();
      if (index === 0) {
        await page.getByText('vm-1').first().waitFor();
        await page.getByText(rare[look.locale].alone).waitFor();
        await page.getByText(rare[look.locale].overload).waitFor();
      }
      if (index === 1) await page.locator('canvas').nth(6).waitFor();
      if (index === 2) await page.getByText('Weekly council').click();
      if (index === 3) await page.getByRole('button', { name: /Weekly council/u }).click();
      if (index === 4 || index === 5) await page.getByRole('table').waitFor();
      if (index === 6) await page.getByRole('heading', { level: 2 }).nth(2).waitFor();
      expect([word, await axeViolations(page)]).toEqual([word, []]);
      const overflowPx = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect([word, overflowPx]).toEqual([word, 0]);
      if (picturesDir !== undefined) {
        await page.screenshot({ path: `${picturesDir}/${look.name}-${index}.png`, fullPage: true });
      }
    }
    expect(errors).toEqual([]);
    await page.context().close();
  });
});

test('people and their quality are told; a chart can be read as a table; a log can be filtered and taken away', async () => {
  const page = await open(looks[0]);
  const show = (word: string) =>
    page
      .locator('label')
      .filter({ hasText: new RegExp(`^${word}$`, 'u') })
      .click();
  await show('Meetings');
  await page.getByText('Weekly council').click();
  const people = page.getByRole('table', { name: 'People in Weekly council' });
  await expect.poll(() => people.getByRole('row').count()).toBe(5);
  expect(await people.getByRole('row', { name: /Zoë/u }).innerText()).toMatch(/Poor/u);
  const why = page.getByRole('table', { name: /^Routers compared when vm-1 2 was chosen/u });
  expect(await why.getByRole('row', { name: /vm-1 2/u }).innerText()).toMatch(/Chosen/u);
  expect(await why.getByRole('row', { name: /Overloaded/u }).innerText()).toMatch(/93/u);
  expect(await why.getByRole('row', { name: /Too old/u }).count()).toBe(1);
  await show('Charts');
  const chart = page.getByRole('figure', { name: 'People', exact: true });
  await chart.getByText('Show as a table').click();
  await expect.poll(() => chart.getByRole('row').count()).toBeGreaterThan(20);
  expect(await chart.innerText()).toMatch(/Nothing was measured in \d/u);
  await show('Events');
  await page.getByLabel('Kind').selectOption('node.enrolled');
  await expect.poll(() => page.getByRole('table').getByRole('row').count()).toBe(4);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toBe('guildhall-events.csv');
  await page.context().close();
});

test('a rule and a webhook are added, the secret is shown once, a test is sent and stands in the log', async () => {
  const server = createServer((_request, response) => response.writeHead(204).end());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const page = await open(looks[0]);
  await page
    .locator('label')
    .filter({ hasText: /^Alerts$/u })
    .click();
  await page.getByLabel('Minutes away').fill('0');
  await page.getByRole('button', { name: 'Add rule' }).click();
  await page.getByText('Give a value within the limits.').waitFor();
  await page.getByLabel('Minutes away').fill('7');
  await page.getByRole('button', { name: 'Add rule' }).click();
  await page.getByText('away for more than 7 minutes').waitFor();
  await page.getByLabel('Name').fill('Operations');
  await page.getByLabel('Address (https)').fill(`http://127.0.0.1:${port}/hook`);
  await page.getByRole('button', { name: 'Add target' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByText(/^whs_[a-f0-9]{64}$/u).innerText()).toBeTruthy();
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Send a test: Operations' }).click();
  await page.getByText('The test message was delivered').first().waitFor();
  await page
    .getByRole('table', { name: 'Delivery log' })
    .getByText(/HTTP 204/u)
    .first()
    .waitFor();
  expect(await axeViolations(page)).toEqual([]);
  if (picturesDir !== undefined) await page.screenshot({ path: `${picturesDir}/alerts.png`, fullPage: true });
  await page.context().close();
  server.close();
});
