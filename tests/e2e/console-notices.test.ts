import { join } from 'node:path';
import { axeViolations, BareConsole, launchBrowser, Person } from '@guildhall/testkit';
import type { Browser, Page } from 'playwright-core';
import { networkForm } from '@guildhall/testkit/network-form';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

/** What the console's pages say only rarely: a real console whose answers are made the rare ones on the way to the page. */

const inAWeekMs = Date.now() + 7 * 86_400_000;

let bare: BareConsole;
let origin = '';
let browser: Browser;

beforeAll(async () => {
  [bare, browser] = await Promise.all([BareConsole.start(), launchBrowser()]);
  origin = bare.origin;
});

afterAll(async () => {
  await browser?.close();
  await bare?.stop();
});

/** Puts `change` over what the console answers at a path. */
async function answering(page: Page, path: string, change: object): Promise<void> {
  await page.route(`${origin}/api/v1${path}`, async (route) => {
    const response = await route.fetch();
    const json: unknown = await response.json();
    await route.fulfill({ response, json: { ...z.looseObject({}).parse(json), ...change } });
  });
}

const form = { ...networkForm, dns: ['192.0.2.53'] };
const certificate = {
  current: {
    subject: 'CN=hall.example.org',
    issuer: 'Example Authority',
    hosts: ['hall.example.org'],
    notBeforeMs: Date.now() - 80 * 86_400_000,
    notAfterMs: inAWeekMs,
    fingerprint256: Array.from({ length: 32 }, () => 'AB').join(':'),
    keyType: 'EC P-256',
    selfSigned: false,
  },
  source: 'acme',
  renewal: { nextAtMs: inAWeekMs - 86_400_000, failures: 2, reason: 'The authority cannot reach port 80.' },
};
const selfTest = {
  startedAtMs: 1,
  finishedAtMs: 2,
  results: [
    {
      check: 'dns',
      state: 'ok',
      reason: 'dns-proxy',
      values: { host: 'cloud.example.org', proxy: 'http://proxy:3128' },
    },
  ],
};

const zctrl = {
  name: 'zctrl',
  wanted: 'running',
  state: 'running',
  sinceMs: Date.now() - 60_000,
  pid: 4711,
  version: '0.1.0',
  restarts: 0,
  lastExit: null,
};

const words = {
  'en-GB': {
    otherZone: /No zone controller lets this server in/u,
    alone: /The other controller has not answered since/u,
    outdated: /is older than the account allows \(99\.0\.0\)/u,
    renewal: /The authority cannot reach port 80/u,
    proxy: 'The proxy http://proxy:3128 resolves cloud.example.org.',
    show: 'Show what would be done',
    silent: /The DNS server 192\.0\.2\.53 did not answer just now/u,
  },
  'es-ES': {
    otherZone: /Ningún controlador de zona admite a este servidor/u,
    alone: /El otro controlador no responde desde/u,
    outdated: /es más antigua de lo que permite la cuenta \(99\.0\.0\)/u,
    renewal: /The authority cannot reach port 80/u,
    proxy: 'El proxy http://proxy:3128 resuelve cloud.example.org.',
    show: 'Mostrar lo que haría',
    silent: /El servidor DNS 192\.0\.2\.53 no ha respondido ahora/u,
  },
} as const;

test.each([
  { colorScheme: 'light', viewport: { width: 1280, height: 800 }, language: 'en-GB' },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 }, language: 'es-ES' },
] as const)('$colorScheme, $viewport.width px, $language', async (look) => {
  await using person = await Person.create(browser, { name: 'Admin', ...look });
  const { page } = person;
  const t = words[look.language];
  await person.context.request.post(`${origin}/api/v1/session`, { data: bare.admin });
  await answering(page, '/status', {
    outdated: { minimum: '99.0.0', fromMs: 5 },
    otherZone: true,
    services: [zctrl],
    pair: { state: 'alone', sinceMs: 5 },
  });
  await answering(page, '/certificates', certificate);
  await answering(page, '/self-test', selfTest);
  await answering(page, '/network/settings', { form });
  const seen = async (name: string): Promise<void> => {
    expect(await axeViolations(page), name).toEqual([]);
    const overflowPx = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflowPx, name).toBeLessThanOrEqual(0);
    const shots = process.env['GUILDHALL_SCREENSHOTS'];
    if (shots === undefined) return;
    await page.screenshot({ path: join(shots, `notice-${name}-${look.viewport.width}.png`), fullPage: true });
  };
  await page.goto(`${origin}/console/`);
  await page.getByText(t.otherZone).waitFor();
  await page.getByText(t.outdated).waitFor();
  await page.getByText(t.alone).waitFor();
  await seen('status');
  await page.goto(`${origin}/console/certificates`);
  await page.getByText(t.renewal).waitFor();
  await seen('certificates');
  await page.goto(`${origin}/console/self-test`);
  await page.getByText(t.proxy).waitFor();
  await seen('self-test');
  await page.goto(`${origin}/console/network/address`);
  await page.route(`${origin}/api/v1/network/plan`, (route) =>
    route.fulfill({ json: { warnings: ['subnetsDiffer'], silentDns: form.dns, steps: [] } }),
  );
  await page.getByRole('button', { name: t.show }).click();
  await page.getByText(t.silent).waitFor();
  await seen('plan');
  expect(person.problems).toEqual([]);
});
