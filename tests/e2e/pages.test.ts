import { axeViolations, launchBrowser, Person, PortalApi, Product } from '@guildhall/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let product: Product;
let browser: Browser;
let owner: PortalApi;

beforeAll(async () => {
  [product, browser] = await Promise.all([Product.start(), launchBrowser()]);
  owner = new PortalApi(product.facts.portal);
  await owner.signIn(product.facts.owner);
  await owner.createMeeting({
    topic: 'Weekly council',
    startsAtMs: Date.now() + 3_600_000,
    timeZone: 'Europe/Madrid',
  });
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

/** Anything wider than the screen makes a phone scroll sideways. */
const overflowPx = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

interface Place {
  readonly name: string;
  readonly path: string;
  readonly ready: RegExp;
  readonly signedIn: boolean;
}

const portalPages: readonly Place[] = [
  { name: 'sign in', path: '/signin', ready: /sign in|iniciar sesión/iu, signedIn: false },
  { name: 'meetings', path: '/', ready: /weekly council/iu, signedIn: true },
  { name: 'schedule', path: '/schedule', ready: /passcode|código/iu, signedIn: true },
  { name: 'people', path: '/people', ready: /owner|propietari/iu, signedIn: true },
  { name: 'account', path: '/account', ready: /password|contraseña/iu, signedIn: true },
  { name: 'connector', path: '/connector', ready: /production|producción/iu, signedIn: true },
  { name: 'not found', path: '/nowhere/at/all', ready: /./u, signedIn: true },
];

const looks = [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 }, language: 'en-GB' },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 }, language: 'es-ES' },
] as const;

describe.each(looks)('$colorScheme, $viewport.width px, $language', (look) => {
  test('every page of the portal is accessible and fits', async () => {
    await using person = await Person.create(browser, { name: 'Owner', ...look });
    for (const place of portalPages) {
      if (place.signedIn)
        await person.context.request.post(`${product.facts.portal}/api/v1/session`, {
          data: product.facts.owner,
        });
      await person.page.goto(`${product.facts.portal}${place.path}`);
      await person.page.getByText(place.ready).first().waitFor();
      await person.page.waitForLoadState('networkidle');
      expect(await axeViolations(person.page), place.name).toEqual([]);
      expect(await overflowPx(person.page), place.name).toBeLessThanOrEqual(0);
    }
    expect(person.problems.filter((problem) => !problem.includes('401'))).toEqual([]);
  });

  test('the meeting is accessible and fits, before joining, inside, and with its panels open', async () => {
    await using person = await Person.create(browser, { name: 'Ana', ...look });
    await person.page.goto(product.facts.joinUrl);
    const join = person.page.getByRole('button', { name: /^(Join|Unirse|Entrar)$/u });
    await join.waitFor();
    expect(await axeViolations(person.page), 'pre-join').toEqual([]);
    expect(await overflowPx(person.page), 'pre-join').toBeLessThanOrEqual(0);
    await person.page.getByRole('textbox', { name: /name|nombre/iu }).fill('Ana');
    await join.click();
    await person.page.getByRole('button', { name: /^(Leave|Salir)$/u }).waitFor();
    expect(await axeViolations(person.page), 'meeting').toEqual([]);
    expect(await overflowPx(person.page), 'meeting').toBeLessThanOrEqual(0);
    for (const panel of [/^(Participants|Participantes)/u, /^Chat/u]) {
      await person.page.getByRole('button', { name: panel }).first().click();
      await person.page.getByRole('complementary').or(person.page.getByRole('dialog')).first().waitFor();
      expect(await axeViolations(person.page), String(panel)).toEqual([]);
      await person.page.keyboard.press('Escape');
      await expect.poll(() => person.page.getByRole('complementary').count()).toBe(0);
    }
    expect(person.problems).toEqual([]);
  });

  test('the console is accessible and fits', async () => {
    await using person = await Person.create(browser, { name: 'Admin', ...look });
    await person.page.goto(product.facts.console);
    await person.page
      .getByLabel(/password|contraseña/iu)
      .first()
      .waitFor();
    expect(await axeViolations(person.page), 'console sign-in').toEqual([]);
    await person.context.request.post(`${product.facts.console}/api/v1/session`, {
      data: product.facts.consoleUser,
    });
    await person.page.goto(product.facts.console);
    await person.page.getByRole('heading', { level: 1 }).waitFor();
    await person.page.getByRole('table').first().waitFor();
    expect(await axeViolations(person.page), 'console status').toEqual([]);
    expect(await overflowPx(person.page), 'console status').toBeLessThanOrEqual(0);
  });
});
