import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { keepAlive, openPipelineSite, type PipelineSite } from '../support/pipeline-site.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { declareFleet } from '../support/world.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let site: PipelineSite;
let browser: Browser;
let page: Page;
let alive: ReturnType<typeof setInterval>;
beforeAll(async () => {
  site = await openPipelineSite();
  await declareFleet(site.world, { targets: 5 });
  await keepAlive(site.world);
  alive = setInterval(() => void keepAlive(site.world), 1_000);
  browser = await launchBrowser();
  page = await signedInPage(browser, site);
});
afterAll(async () => {
  clearInterval(alive);
  await browser?.close();
  await site?.close();
});

const shot = (name: string) => (process.env['SHOTS'] ? { path: `${process.env['SHOTS']}/${name}.png` } : {});

test('a screen shows a code, an operator enters it, the wall appears with its view, and a revocation empties it', async () => {
  const screen = await browser.newContext({ viewport: { width: 1920, height: 1080 }, baseURL: site.server.url });
  const wall = await screen.newPage();
  await wall.goto('/wall/pair');
  const shown = wall.getByLabel('Code');
  await expect.poll(() => shown.textContent(), { timeout: 20_000 }).toMatch(/^[A-Z2-9]{6}$/);
  await wall.screenshot(shot('wall-pair'));
  const code = (await shown.textContent()) ?? '';

  await page.getByRole('link', { name: 'Displays' }).click();
  await page.getByText('No display yet').waitFor();
  await page.getByRole('button', { name: 'Pair a display' }).click();
  const dialog = page.getByRole('dialog', { name: 'Pair a display' });
  await dialog.getByLabel('Code').fill(code.toLowerCase());
  await dialog.getByLabel('Name').fill('Control room');
  await dialog.getByRole('checkbox', { name: /^Hosts/ }).check();
  await dialog.getByRole('checkbox', { name: /^Overview/ }).uncheck();
  await page.screenshot(shot('displays-dialog'));
  await dialog.getByRole('button', { name: 'Pair', exact: true }).click();
  await page.getByRole('table', { name: 'Displays' }).getByText('Control room').waitFor();

  await wall.waitForURL(/\/wall$/);
  await wall.locator('main[data-view="hosts"]').waitFor();
  await wall.getByText('LIVE', { exact: true }).waitFor();
  await wall.screenshot(shot('wall-hosts'));
  await whileLineIsDown(wall);
  await page.screenshot(shot('displays'));

  await page.getByRole('button', { name: 'Revoke Control room' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('No display yet').waitFor();
  await wall.getByRole('heading', { name: 'NOT SIGNED IN' }).waitFor({ timeout: 60_000 });
});
