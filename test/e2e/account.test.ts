import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLive, type Live } from '../../server/live/start.ts';
import { invite } from '../../server/services/people/invite.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { codeAt } from '../support/authenticator.ts';
import { launchBrowser } from '../support/browser.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet } from '../support/world.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let site: Site;
let live: Live;
let browser: Browser;
beforeAll(async () => {
  const dashboardFolder = join(import.meta.dirname, '..', '..', 'dashboard', 'dist');
  site = await openSite({ deps: { dashboardFolder } });
  live = await startLive(site.world.ctx, site.http, 'test');
  await declareFleet(site.world, { targets: 1 });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await live.stop();
  await site.close();
});

const shot = (name: string) => (process.env['SHOTS'] ? { path: `${process.env['SHOTS']}/${name}.png` } : {});

test('from the invitation to a password, codes at sign-in, and a narrow grant given to somebody else', async () => {
  const person = { name: 'Ana', email: 'ana@example.com', grants: [{ role: 'admin' as const }] };
  const { link } = await invite.run(site.world.ctx, signalboxActor, person);
  await invite.run(site.world.ctx, signalboxActor, {
    name: 'Ben',
    email: 'ben@example.com',
    grants: [{ role: 'viewer' }],
  });
  const page = await (await browser.newContext({ baseURL: site.url })).newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(link.replace(/^https?:\/\/[^/]+/, site.url));
  await page.getByRole('heading', { name: 'Choose a password' }).waitFor();
  await page.getByLabel('New password').fill('correct horse battery');
  await page.screenshot(shot('choose-password'));
  await page.getByRole('button', { name: 'Save password' }).click();

  await page.getByRole('link', { name: 'Ana' }).click();
  await page.getByRole('button', { name: 'Set up' }).click();
  const secret = ((await page.locator('code.secret').textContent()) ?? '').replaceAll(' ', '');
  await page.getByLabel('Code', { exact: true }).fill(codeAt(secret, site.world.time.now));
  await page.getByRole('button', { name: 'Turn codes on' }).click();
  await page.getByText('10 recovery codes are left').waitFor();
  await page.screenshot({ ...shot('account'), fullPage: true });

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  site.world.time.now += 30_000;
  await page.getByLabel('Code', { exact: true }).fill(codeAt(secret, site.world.time.now));
  await page.screenshot(shot('code'));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();

  await whileLineIsDown(page);
  await page.goto('/people');
  await page.getByRole('button', { name: 'Change Ben' }).click();
  await page.getByLabel('Role').selectOption('operator');
  await page.getByLabel('Environment').selectOption('plant');
  await page.screenshot(shot('grants'));
  await page.getByRole('button', { name: 'Save grants' }).click();
  await page.getByText('operator@plant').waitFor();
  await page.screenshot({ ...shot('people'), fullPage: true });

  await page.getByRole('button', { name: 'Create token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create an API token' });
  await dialog.getByLabel('Name').fill('ci');
  await dialog.getByLabel('Role').selectOption('operator');
  await dialog.getByLabel('Product').selectOption('orders');
  await dialog.getByLabel('Environment').selectOption('plant');
  await page.screenshot(shot('token'));
  await dialog.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('dialog', { name: 'Token created' }).getByRole('button', { name: 'Done' }).click();
  await page.getByRole('row', { name: /ci/ }).getByText('operator:orders@plant').waitFor();

  await page.getByRole('button', { name: 'Change Ana' }).click();
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByText('Ana is the last admin').waitFor();
  expect(await page.getByRole('dialog').isVisible()).toBe(true);
});
