import { BareServer, launchBrowser, Person, PortalApi } from '@guildhall/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

let server: BareServer;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([BareServer.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const newPassword = 'granite heron 42 window';
const member = { email: 'milan@example.org', name: 'Milan', password: 'paper boat on the lake' };

/** A page for a server room or an office: the steps below are one administrator's, in one go. */
const openPortal = async (person: Person): Promise<void> => {
  await person.signIn(server.portal, server.owner);
  await person.page.getByRole('link', { name: 'Meeting Connector' }).first().click();
};

const makeToken = async (person: Person, again: boolean): Promise<string> => {
  await person.page.getByRole('tab', { name: 'Configuration' }).click();
  await person
    .button(again ? 'Regenerate token' : 'Make a connector token')
    .first()
    .click();
  if (again) await person.page.getByRole('dialog').getByRole('button', { name: 'Regenerate token' }).click();
  return person.page.getByLabel('Connector token').inputValue();
};

test(
  'the whole life of a connector: enable, pair, configure, test, go live, rotate, stop and start',
  { timeout: 480_000 },
  async () => {
    await using owner = await Person.create(browser, { name: 'Olivia' });
    await using admin = await Person.create(browser, { name: 'Admin' });
    const { page } = admin;

    // Portal: enable, make the token.
    await openPortal(owner);
    await owner.button('Enable Meeting Connector').click();
    const token = await makeToken(owner, false);

    // Console: the first sign-in forces another password.
    await page.goto(server.console);
    await page.getByRole('textbox', { name: /user/iu }).fill('admin');
    const first = await server.firstPassword();
    await page
      .getByLabel(/^password/iu)
      .first()
      .fill(first);
    await admin.button(/^sign in$/iu).click();
    await page.getByLabel('Current password').first().fill(first);
    await page.getByLabel('New password', { exact: true }).first().fill(newPassword);
    await page.getByLabel('New password again').first().fill(newPassword);
    await admin.button('Change password').click();

    // Network → Address: on a machine that may not be changed, the page says so and shows what it would do.
    await page.getByRole('link', { name: 'Address' }).first().click();
    await page
      .getByText(/shows what it would do/u)
      .first()
      .waitFor();

    // Configure: the token enrols the server; both processes run.
    await page.getByRole('link', { name: 'Configure' }).first().click();
    await page.getByLabel('Connector token', { exact: true }).fill(token);
    await page.getByRole('textbox', { name: 'Cloud address' }).fill(server.portal);
    await admin.button('Submit').click();
    await page.getByText('This server is enrolled').first().waitFor();
    await page.getByRole('link', { name: 'Status' }).first().click();
    for (const name of ['zctrl', 'mmr'])
      await page
        .getByRole('row')
        .filter({ hasText: name })
        .getByText(/running/iu)
        .first()
        .waitFor();

    // Portal: the controller shows; in test mode its test host meets, another does not.
    await owner.page.getByRole('tab', { name: 'Monitoring' }).click();
    await owner.page
      .getByText(/connected/iu)
      .first()
      .waitFor();
    const api = new PortalApi(server.portal);
    await api.signIn(server.owner);
    expect((await api.raw('POST', '/api/v1/users', { ...member, role: 'member' })).status).toBeLessThan(300);
    const other = new PortalApi(server.portal);
    await other.signIn({ email: member.email, password: member.password });
    const tried = await api.createMeeting({ topic: 'A first try' });
    const refused = await other.createMeeting({ topic: 'Too early' });
    await using ana = await Person.create(browser, { name: 'Ana' });
    await using ben = await Person.create(browser, { name: 'Ben' });
    await ana.join(tried.joinUrl);
    await ben.join(tried.joinUrl);
    await Promise.all([ana.receives({ video: 1, audio: 1 }), ben.receives({ video: 1, audio: 1 })]);
    await ben.button('Leave').click();
    await ben.openPreJoin(refused.joinUrl);
    await ben.button('Join').click();
    await ben.page
      .getByText(/test mode/iu)
      .first()
      .waitFor();

    // Live: production, and anybody's meeting is held.
    await owner.page.getByRole('tab', { name: 'Live' }).click();
    await owner.button('Switch to production').click();
    await owner.page.getByRole('heading', { name: 'Production', exact: true }).waitFor();
    await ben.join(refused.joinUrl);
    await using chi = await Person.create(browser, { name: 'Chi' });
    await chi.join(refused.joinUrl);
    await Promise.all([ben.receives({ video: 1, audio: 1 }), chi.receives({ video: 1, audio: 1 })]);

    // The token is regenerated: the old one is dead, the meeting does not notice.
    const next = await makeToken(owner, true);
    expect(next).not.toBe(token);
    await Promise.all([ben.receives({ video: 1, audio: 1 }), chi.receives({ video: 1, audio: 1 })]);
    expect(await chi.page.getByText(/reconnecting/iu).count()).toBe(0);

    // Stop asks while people meet; Start brings everybody back by itself.
    await page
      .getByText(/meeting/iu)
      .first()
      .waitFor();
    await admin.button('Stop mmr').click();
    await page.getByRole('dialog').getByRole('button', { name: /^stop/iu }).click();
    await page
      .getByRole('row')
      .filter({ hasText: 'mmr' })
      .getByText(/stopped/iu)
      .first()
      .waitFor();
    await admin.button('Start mmr').click();
    await page
      .getByRole('row')
      .filter({ hasText: 'mmr' })
      .getByText(/running/iu)
      .first()
      .waitFor();
    await Promise.all([ben.receives({ video: 1, audio: 1 }), chi.receives({ video: 1, audio: 1 })]);

    // Logs: the life of the router can be read.
    await page.getByRole('link', { name: 'Logs' }).first().click();
    await page
      .getByText(/mmr is ready/u)
      .first()
      .waitFor();
    expect(admin.problems.filter((problem) => !problem.includes('401') && !problem.includes('403'))).toEqual(
      [],
    );
  },
);
