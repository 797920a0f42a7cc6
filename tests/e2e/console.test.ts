import { join } from 'node:path';
import type { ConsoleUpdates, UpdateRestart } from '@guildhall/protocol';
import { axeViolations, BareConsole, launchBrowser, Person } from '@guildhall/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** A console on its own, not paired: what its pages are like, without the rest of the product. */

let bare: BareConsole;
let origin = '';
let browser: Browser;

beforeAll(async () => {
  [bare, browser] = await Promise.all([
    BareConsole.start((dir) => ({ GUILDHALL_CONSOLE_INSTALL_DIR: join(dir, 'opt') })),
    launchBrowser(),
  ]);
  origin = bare.origin;
});

afterAll(async () => {
  await browser?.close();
  await bare?.stop();
});

/** Anything wider than the screen makes a phone scroll sideways. */
const overflowPx = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

async function signIn(
  person: Person,
  user: { username: string; password: string } = bare.admin,
): Promise<void> {
  const answer = await person.context.request.post(`${origin}/api/v1/session`, { data: user });
  expect(answer.status()).toBe(200);
}

const pages = [
  { path: '/', heading: /^(Status|Estado)$/u },
  { path: '/users', heading: /^(Users|Usuarios)$/u },
  { path: '/certificates', heading: /^(Certificates|Certificados)$/u },
  { path: '/self-test', heading: /^(Self-test|Autodiagnóstico)$/u },
  { path: '/support', heading: /^(Support bundle|Paquete de soporte)$/u },
  { path: '/updates', heading: /^(Updates|Actualizaciones)$/u },
  { path: '/logs', heading: /^(Logs|Registros)$/u },
] as const;

describe.each([
  { colorScheme: 'light', viewport: { width: 1280, height: 800 }, language: 'en-GB' },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 }, language: 'es-ES' },
] as const)('$colorScheme, $viewport.width px, $language', (look) => {
  test('every page is accessible and fits', async () => {
    await using person = await Person.create(browser, { name: 'Admin', ...look });
    await signIn(person);
    for (const { path, heading } of pages) {
      await person.page.goto(`${origin}/console${path}`);
      await person.page.getByRole('heading', { level: 1, name: heading }).waitFor({ state: 'attached' });
      await person.page.getByText('zctrl').first().waitFor();
      const shots = process.env['GUILDHALL_SCREENSHOTS'];
      if (shots !== undefined) {
        const name = `${path === '/' ? 'status' : path.slice(1)}-${look.viewport.width}.png`;
        await person.page.screenshot({ path: join(shots, name), fullPage: true });
      }
      expect(await axeViolations(person.page), path).toEqual([]);
      expect(await overflowPx(person.page), path).toBeLessThanOrEqual(0);
    }
    expect(person.problems).toEqual([]);
  });

  test('the way to another version is shown step by step, and how it ended', async () => {
    await using person = await Person.create(browser, { name: 'Admin', ...look });
    await signIn(person);
    const { page } = person;
    const isSpanish = look.language === 'es-ES';
    for (const [state, words] of [
      ['waiting', isSpanish ? '2 reuniones con 7 personas' : '2 meetings with 7 people'],
      ['rolled-back', isSpanish ? 'no respondió a tiempo' : 'did not answer in time'],
      ['done', isSpanish ? 'Todo en buen estado' : 'All healthy'],
    ] as const) {
      await page.route('**/api/v1/updates', (route) => route.fulfill({ json: updatesIn(state) }));
      await page.goto(`${origin}/console/updates`);
      await page.getByText(words, { exact: false }).waitFor();
      const shots = process.env['GUILDHALL_SCREENSHOTS'];
      if (shots !== undefined) {
        const name = `updates-${state}-${look.viewport.width}.png`;
        await page.screenshot({ path: join(shots, name), fullPage: true });
      }
      expect(await axeViolations(page), state).toEqual([]);
      expect(await overflowPx(page), state).toBeLessThanOrEqual(0);
      await page.unroute('**/api/v1/updates');
    }
  });
});

/** What a console answers that is on its way, or was. */
function updatesIn(state: UpdateRestart['state']): ConsoleUpdates {
  const isBack = state === 'rolled-back';
  return {
    managed: true,
    running: isBack ? '1.0.0' : '1.1.0',
    current: isBack ? '1.0.0' : '1.1.0',
    installed: ['1.1.0', '1.0.0'],
    receivedBytes: 0,
    restarts: true,
    restart: {
      version: '1.1.0',
      before: '1.0.0',
      state,
      step: 'mmr',
      services: ['zctrl', 'mmr'],
      startedAtMs: 1,
      finishedAtMs: state === 'waiting' ? null : 2,
      reason: isBack ? 'silent' : null,
      meetings: state === 'waiting' ? 2 : 0,
      participants: state === 'waiting' ? 7 : 0,
    },
  };
}

test('a user is added, signs in, changes the password, may only look, and is deleted', async () => {
  await using person = await Person.create(browser, { name: 'Admin' });
  await signIn(person);
  const { page } = person;
  await page.goto(`${origin}/console/users`);
  await page.getByRole('button', { name: 'Add user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('User name').fill('vera');
  await dialog.getByLabel('First password').first().fill('short');
  await dialog.getByRole('button', { name: 'Add user' }).click();
  await dialog.getByText('Use at least 10 characters.').waitFor();
  await dialog.getByLabel('First password').first().fill('quiet river crossing');
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add user' }).click();
  await page.getByRole('row', { name: /vera/u }).waitFor();

  await using viewer = await Person.create(browser, { name: 'Vera' });
  await signIn(viewer, { username: 'vera', password: 'quiet river crossing' });
  await viewer.page.goto(`${origin}/console/users`);
  await viewer.page.getByLabel('Current password').first().fill('quiet river crossing');
  await viewer.page.getByLabel('New password', { exact: true }).first().fill('a phrase of my own');
  await viewer.page.getByLabel('New password again').first().fill('a phrase of my own');
  await viewer.page.getByRole('button', { name: 'Change password' }).click();
  await viewer.page.getByText('You may look, not change.').waitFor();
  await viewer.page.getByRole('row', { name: /vera/u }).waitFor();
  expect(await viewer.page.getByRole('button', { name: /delete/iu }).count()).toBe(0);

  await page.getByRole('button', { name: 'Delete vera' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('row', { name: /vera/u }).waitFor({ state: 'detached' });
  await viewer.page.reload();
  await viewer.page.getByRole('button', { name: 'Sign in' }).waitFor();
  // The last one who may operate stays, and the page says why.
  await page.getByRole('button', { name: 'View only: admin' }).click();
  await page.getByText('admin is the last user who may operate this console.', { exact: false }).waitFor();
});

test('the logs show a new line at once, filter by text, and can be downloaded', async () => {
  await using person = await Person.create(browser, { name: 'Admin' });
  await signIn(person);
  const { page } = person;
  await page.goto(`${origin}/console/logs`);
  const lines = page.getByRole('region', { name: 'Log lines' });
  await lines.getByText('console is ready').waitFor();
  await person.context.request.post(`${origin}/api/v1/users`, {
    data: { username: 'lines', password: 'quiet river crossing', authority: 'view' },
  });
  await lines.getByText('a user of the console was added').last().waitFor();
  await page.getByPlaceholder('Find in the lines').fill('is ready');
  await lines.getByText('a user of the console was added').first().waitFor({ state: 'detached' });
  await lines.getByText('console is ready').waitFor();
  await page.getByRole('button', { name: 'Download' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Whole log of console' }).click();
  expect((await download).suggestedFilename()).toMatch(/^console-.*\.log$/u);
  await person.context.request.delete(`${origin}/api/v1/users/lines`);
});

test('a router that waits for its meetings is restarted now, when that was confirmed; a refusal is told in the question', async () => {
  await using person = await Person.create(browser, { name: 'Admin' });
  await signIn(person);
  const { page } = person;
  let state: UpdateRestart['state'] = 'waiting';
  await page.route('**/api/v1/updates', (route) => route.fulfill({ json: updatesIn(state) }));
  await page.goto(`${origin}/console/updates`);
  await page.getByRole('button', { name: 'Restart now' }).click();
  const question = page.getByRole('dialog');
  await question.getByText('2 meetings with 7 people', { exact: false }).waitFor();
  const confirm = question.getByRole('button', { name: 'Restart now' });
  const refusal = { code: 'internal', message: 'The router could not be reached. Try again.' };
  await page.route('**/api/v1/updates/restart-now', (route) =>
    route.fulfill({ status: 500, json: { error: refusal } }),
  );
  await confirm.click();
  await question.getByRole('alert').waitFor();
  expect(await axeViolations(page)).toEqual([]);
  const asked: unknown[] = [];
  await page.route('**/api/v1/updates/restart-now', (route) => {
    asked.push(route.request().postDataJSON());
    state = 'done';
    return route.fulfill({ json: updatesIn(state) });
  });
  await confirm.click();
  await question.waitFor({ state: 'detached' });
  await page.getByText('All healthy').waitFor();
  expect(asked).toEqual([{ confirmed: true }]);
});

test('a file that is no update bundle is refused in words, and nothing is installed', async () => {
  await using person = await Person.create(browser, { name: 'Admin' });
  await signIn(person);
  const { page } = person;
  await page.goto(`${origin}/console/updates`);
  const chooser = page.waitForEvent('filechooser');
  await page.getByText('Choose a file').click();
  await (
    await chooser
  ).setFiles({ name: 'x.tar', mimeType: 'application/x-tar', buffer: Buffer.alloc(5_000_000, 'x') });
  await page.getByRole('button', { name: 'Upload and install' }).click();
  await page.getByRole('alert').getByText('The bundle is cut off or damaged').waitFor();
  const state = await person.context.request.get(`${origin}/api/v1/updates`);
  expect(await state.json()).toMatchObject({ managed: true, installed: [], receivedBytes: 0 });
});
