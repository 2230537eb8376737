import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { openPipelineSite, type PipelineSite } from '../support/pipeline-site.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { declareFleet } from '../support/world.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let site: PipelineSite;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  site = await openPipelineSite();
  await declareFleet(site.world, { targets: 3 });
  browser = await launchBrowser();
  page = await signedInPage(browser, site);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');

test('without a mouse: to the hosts, down the list, into one of them, to the filter', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await page.waitForURL(/\/hosts$/);
  await page.getByRole('region', { name: 'Hosts' }).getByRole('row').nth(2).waitFor();
  await page.keyboard.press('j');
  const first = await focused();
  expect(first).toMatch(/^Show /);
  await page.keyboard.press('j');
  const second = await focused();
  expect(second).not.toBe(first);
  await page.keyboard.press('k');
  expect(await focused()).toBe(first);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/hosts\/\d+$/);
  await page.keyboard.press('/');
  expect(await focused()).toBe('Filter hosts');
  await page.keyboard.type('jk?');
  expect(await page.getByRole('searchbox', { name: 'Filter hosts' }).inputValue()).toBe('jk?');
  expect(page.url()).toContain('q=jk');
});

test('a line that is cut changes nothing of where the keys lead', async () => {
  await whileLineIsDown(page, async () => {
    await page.locator('body').press('Escape');
  });
  await page.goto('/hosts');
  await page.getByRole('region', { name: 'Hosts' }).getByRole('row').nth(2).waitFor();
  await page.keyboard.press('j');
  expect(await focused()).toMatch(/^Show /);
});

test('? shows every key, Escape closes it, and keys rest while a dialog is open', async () => {
  await page.goto('/releases');
  await page.getByRole('heading', { level: 1, name: 'Releases' }).waitFor();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.getByRole('row', { name: 'g h Hosts' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  expect(page.url()).toMatch(/\/releases$/);
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
});

test('the first tab stop skips to the content, and every entry of the navigation can be reached', async () => {
  await page.goto('/releases');
  await page.getByRole('heading', { level: 1, name: 'Releases' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
  const links = await page.getByRole('navigation', { name: 'Main' }).getByRole('link').count();
  const reached = new Set<string>();
  for (let presses = 0; presses < links; presses += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement?.getAttribute('href') ?? 'none'));
  }
  expect([...reached]).toEqual(expect.arrayContaining(['/activity', '/hosts', '/people']));
});
