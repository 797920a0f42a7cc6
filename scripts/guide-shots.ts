/**
 * Takes the pictures of the user guide: starts the product on its own ports, brings a connector into service, lets two
 * people meet, and walks every page at 1280×800 (light) and 390×844 (`-phone`). The README's picture of three people,
 * `meeting.png`, is written beside the folder.
 *
 *     node_modules/.bin/node scripts/guide-shots.ts [folder]      # default docs/images/guide
 *
 * The pages must be built (`npm run build`). A page that cannot be reached is named at the end and keeps its old picture.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BareServer, launchBrowser, Person, PortalApi } from '@guildhall/testkit';
import type { Meeting } from '@guildhall/protocol';
import type { Browser, Page } from 'playwright-core';

const folder = process.argv[2] ?? join(import.meta.dirname, '..', 'docs', 'images', 'guide');
const desktop = { width: 1280, height: 800 } as const;
const phone = { width: 390, height: 844 } as const;
const consolePassword = 'granite heron 42 window';
const failures: string[] = [];

/** One page that cannot be reached does not cost the pictures of the others. */
const step = async (name: string, walk: () => Promise<unknown>): Promise<void> => {
  try {
    await walk();
  } catch (error) {
    failures.push(
      `${name}: ${error instanceof Error ? error.message.split('\n', 3).join(' ') : String(error)}`,
    );
  }
};

/** What pops up over a page is not what its picture is about; nor is what the pointer happens to rest on. */
const tidy = async (page: Page): Promise<void> => {
  await page.mouse.move(2, 2);
  await page.evaluate(() => {
    window.scrollTo(0, 0);
    for (const close of document.querySelectorAll('.mantine-Notification-closeButton'))
      close.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  });
};

const picture = async (page: Page, name: string, moving: boolean): Promise<void> => {
  await tidy(page);
  // Fonts, charts and the ends of transitions; nothing on the page tells that it is at rest.
  await page.waitForTimeout(moving ? 1500 : 450);
  await page.screenshot(
    moving
      ? { path: join(folder, `${name}.jpg`), type: 'jpeg', quality: 80, timeout: 15_000 }
      : { path: join(folder, `${name}.png`), animations: 'disabled', timeout: 15_000 },
  );
};

/** @param look.moving has camera pictures, which a JPEG holds in a tenth of the bytes */
const shoot = async (
  page: Page,
  name: string,
  look: { dark?: boolean; moving?: boolean } = {},
): Promise<void> => {
  const moving = look.moving ?? false;
  await picture(page, name, moving);
  await page.setViewportSize(phone);
  if (look.dark) await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, `${name}-phone`, moving);
  await page.setViewportSize(desktop);
  if (look.dark) await page.emulateMedia({ colorScheme: 'light' });
};

/** Runs in the page before any script of it: instead of a test pattern its camera sees somebody in front of a wall. */
const drawnCamera = (hue: number): void => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const ellipse = (
    pen: CanvasRenderingContext2D,
    colour: string,
    at: [number, number, number, number],
  ): void => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.ellipse(...at, 0, 0, 2 * Math.PI);
    pen.fill();
  };
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (!constraints?.video) return real(constraints);
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1280, 720];
    const pen = canvas.getContext('2d');
    const draw = (): void => {
      if (!pen) return;
      const wall = pen.createLinearGradient(0, 0, 1280, 720);
      wall.addColorStop(0, `hsl(${hue} 25% 66%)`);
      wall.addColorStop(1, `hsl(${hue + 40} 20% 40%)`);
      pen.fillStyle = wall;
      pen.fillRect(0, 0, 1280, 720);
      ellipse(pen, `hsl(${hue} 30% 16%)`, [640, 290, 150, 180]);
      ellipse(pen, `hsl(${hue + 180} 30% 30%)`, [640, 800, 330, 300]);
      ellipse(pen, `hsl(25 45% ${45 + (hue % 28)}%)`, [640, 345, 126, 160]);
    };
    draw();
    // A canvas that is never drawn again sends no frames.
    setInterval(draw, 250);
    const seen = canvas.captureStream(4).getVideoTracks();
    const heard = constraints.audio ? (await real({ audio: constraints.audio })).getAudioTracks() : [];
    return new MediaStream([...seen, ...heard]);
  };
};

const people = [
  { email: 'milan@example.org', name: 'Milan Novák', role: 'admin' },
  { email: 'aiko@example.org', name: 'Aiko Tanaka', role: 'member' },
  { email: 'ben@example.org', name: 'Ben Okafor', role: 'member' },
] as const;

const fill = async (api: PortalApi): Promise<Meeting> => {
  await api.raw('PATCH', '/api/v1/me', { name: 'Olivia Marsh' });
  for (const person of people)
    await api.raw('POST', '/api/v1/users', { ...person, password: 'paper boat on the lake' });
  const dayMs = 86_400_000;
  const nineMs = Math.ceil(Date.now() / dayMs) * dayMs + 9 * 3_600_000;
  const plans = [
    { topic: 'Budget round', startsAtMs: nineMs, durationMinutes: 45 },
    { topic: 'Design review', startsAtMs: nineMs + 5 * 3_600_000, durationMinutes: 60 },
    { topic: 'Job interview', startsAtMs: nineMs + dayMs, settings: { lobby: true } },
    { topic: 'Quarterly results', startsAtMs: nineMs + 3 * dayMs, durationMinutes: 90 },
  ];
  for (const plan of plans) await api.createMeeting({ ...plan, timeZone: 'Europe/Madrid' });
  return api.createMeeting({ topic: 'Weekly council' });
};

const pairing = async (server: BareServer, owner: Person, admin: Person): Promise<void> => {
  const { page } = owner;
  await page.goto(`${server.portal}/connector`);
  await owner.button('Enable Meeting Connector').waitFor();
  await shoot(page, 'connector-enable');
  await owner.button('Enable Meeting Connector').click();
  await page.getByRole('tab', { name: 'Download' }).click();
  await page.getByText('Compare the SHA-256').waitFor();
  await page.waitForTimeout(1500);
  await page.reload();
  await page.getByText('Compare the SHA-256').waitFor();
  await shoot(page, 'connector-download', { dark: true });
  await page.getByRole('tab', { name: 'Configuration' }).click();
  await owner.button('Make a connector token').first().click();
  const token = await page.getByLabel('Connector token').inputValue();
  await shoot(page, 'connector-token');

  const first = await server.firstPassword();
  await admin.page.goto(server.console);
  await admin.page.getByRole('textbox', { name: /user/iu }).fill('admin');
  await shoot(admin.page, 'console-sign-in', { dark: true });
  const password = admin.page.getByLabel(/^password/iu).first();
  await password.fill(first);
  await admin.button(/^sign in$/iu).click();
  await admin.page.getByLabel('Current password').first().fill(first);
  await shoot(admin.page, 'console-first-password');
  await admin.page.getByLabel('New password', { exact: true }).first().fill(consolePassword);
  await admin.page.getByLabel('New password again').first().fill(consolePassword);
  await admin.button('Change password').click();
  await admin.page.getByRole('link', { name: 'Configure' }).first().click();
  await admin.page.getByRole('textbox', { name: 'Cloud address' }).fill(server.portal);
  await shoot(admin.page, 'console-configure');
  await admin.page.getByLabel('Connector token', { exact: true }).fill(token);
  await admin.button('Submit').click();
  await admin.page.getByText('This server is enrolled').first().waitFor();
  await shoot(admin.page, 'console-enrolled');
};

const meetingPages = async (
  browser: Browser,
  meeting: Meeting,
  owner: Person,
  ben: Person,
): Promise<void> => {
  await owner.page.goto(meeting.joinUrl);
  await owner.page.getByText('You join as').waitFor();
  await shoot(owner.page, 'meet-door', { moving: true });
  await owner.button('Join').click();
  await owner.button('Leave').waitFor();
  await ben.join(meeting.joinUrl);
  await Promise.all([
    owner.receives({ video: 1, audio: 1 }, 40_000),
    ben.receives({ video: 1, audio: 1 }, 40_000),
  ]);
  await shoot(owner.page, 'meet-grid', { moving: true });
  await step('three', async () => {
    await using aiko = await Person.create(browser, { name: 'Aiko Tanaka' });
    await aiko.context.addInitScript(drawnCamera, 320);
    await aiko.join(meeting.joinUrl);
    await owner.receives({ video: 2, audio: 1 }, 40_000);
    await tidy(owner.page);
    await owner.page.waitForTimeout(2500);
    await owner.page.screenshot({ path: join(folder, '..', 'meeting.png') });
  });
  await step('chat', async () => {
    await ben.button('Chat').click();
    const lines: [Person, string][] = [
      [ben, 'Good morning! The figures are in the shared folder.'],
      [owner, 'Thank you, I have them. Shall we begin?'],
    ];
    await owner.button('Chat').click();
    for (const [person, text] of lines) {
      await person.page.getByLabel('Message to everybody').fill(text);
      await person.page.keyboard.press('Enter');
      await owner.page.getByText(text).first().waitFor();
    }
    await shoot(owner.page, 'meet-chat', { moving: true });
  });
  await step('participants', async () => {
    await ben.button('Raise hand').click();
    await owner.button('Participants').click();
    await shoot(owner.page, 'meet-participants', { moving: true });
  });
  await step('share', async () => {
    await ben.button('Share screen').click();
    await ben.button('Stop sharing').first().waitFor();
    await owner.page.keyboard.press('Escape');
    await owner.page.waitForTimeout(3000);
    await shoot(owner.page, 'meet-share', { moving: true });
  });
};

const lobbyPage = async (browser: Browser, joinUrl: string): Promise<void> => {
  await using aiko = await Person.create(browser, { name: 'Aiko Tanaka' });
  await aiko.context.addInitScript(drawnCamera, 320);
  await aiko.openPreJoin(joinUrl);
  await aiko.button('Join').click();
  await aiko.button('Leave the lobby').waitFor();
  await shoot(aiko.page, 'meet-lobby', { moving: true });
  await aiko.button('Leave the lobby').click();
  await aiko.button('Join again').waitFor();
  await shoot(aiko.page, 'meet-left', { dark: true });
};

const portalPages = async (server: BareServer, owner: Person, meeting: Meeting): Promise<void> => {
  const { page } = owner;
  const at = async (path: string, name: string, dark = false): Promise<void> =>
    step(name, async () => {
      await page.goto(`${server.portal}${path}`, { waitUntil: 'load' });
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await shoot(page, name, { dark });
    });
  await at('/', 'portal-meetings');
  await at('/schedule', 'portal-schedule', true);
  await at(`/meetings/${meeting.number}`, 'portal-meeting');
  await at('/people', 'portal-people');
  await at('/account', 'portal-account', true);
  await at('/connector/configuration', 'connector-configuration');
  await at('/connector/live', 'connector-live', true);
  await page.goto(`${server.portal}/connector/monitoring`);
  for (const view of ['Now', 'Charts', 'Meetings', 'Map', 'Events', 'Audit log', 'Alerts'])
    await step(`monitoring ${view}`, async () => {
      await page.locator('label').filter({ hasText: view }).first().click();
      if (view === 'Charts') await page.locator('label').filter({ hasText: 'Last hour' }).first().click();
      if (view === 'Meetings')
        await page.locator('summary').filter({ hasText: 'Weekly council' }).click({ timeout: 4000 });
      await page.waitForTimeout(1200);
      const name = `monitoring-${view.toLowerCase().replaceAll(' ', '-')}`;
      await shoot(page, name, { dark: view === 'Charts' || view === 'Map' });
    });
};

const consolePages = async (server: BareServer, admin: Person): Promise<void> => {
  const { page } = admin;
  const at = async (path: string, name: string, dark = false): Promise<void> =>
    step(name, async () => {
      await page.goto(`${server.console}/console${path}`, { waitUntil: 'load' });
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      if (path === '/self-test') {
        await admin.button('Run self-test').first().click();
        await page.waitForTimeout(6000);
      }
      await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
      await shoot(page, name, { dark });
    });
  await at('/', 'console-status', true);
  await at('/network/address', 'console-address');
  await at('/users', 'console-users');
  await at('/certificates', 'console-certificates', true);
  await at('/logs', 'console-logs');
  await at('/self-test', 'console-self-test');
  await at('/support', 'console-support', true);
  await at('/updates', 'console-updates');
};

await mkdir(folder, { recursive: true });
const downloads = await mkdtemp(join(tmpdir(), 'guildhall-downloads-'));
for (const name of [
  'guildhall-controller-1.4.0.ova',
  'guildhall-router-1.4.0.ova',
  'guildhall-connector-1.4.0.deb',
])
  await writeFile(join(downloads, name), Buffer.alloc(3_400_000, name));
const server = await BareServer.start({ GUILDHALL_CLOUD_DOWNLOADS_DIR: downloads });
const browser = await launchBrowser();
try {
  const api = new PortalApi(server.portal);
  await api.signIn(server.owner);
  const meeting = await fill(api);
  const lobby = await api.createMeeting({ topic: 'Job interview', settings: { lobby: true } });
  const owner = await Person.create(browser, { name: 'Olivia Marsh' });
  const admin = await Person.create(browser, { name: 'Admin' });
  const host = await Person.create(browser, { name: 'Olivia Marsh' });
  const ben = await Person.create(browser, { name: 'Ben Okafor' });
  for (const person of [owner, admin, host, ben]) person.page.setDefaultTimeout(30_000);
  await host.context.addInitScript(drawnCamera, 75);
  await ben.context.addInitScript(drawnCamera, 205);
  await owner.page.goto(`${server.portal}/signin`);
  await owner.page.getByRole('textbox', { name: /e-?mail/iu }).waitFor();
  await shoot(owner.page, 'portal-sign-in');
  await owner.signIn(server.portal, server.owner);
  await pairing(server, owner, admin);
  await host.signIn(server.portal, server.owner);
  await step('meeting', () => meetingPages(browser, meeting, host, ben));
  await step('lobby', () => lobbyPage(browser, lobby.joinUrl));
  await portalPages(server, owner, meeting);
  await consolePages(server, admin);
} finally {
  await browser.close();
  await server.stop();
  await rm(downloads, { recursive: true, force: true });
}
if (failures.length > 0) {
  process.stderr.write(`${failures.join('\n')}\n`);
  process.exitCode = 1;
}
