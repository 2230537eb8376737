import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { apiToken, display, release } from '../../db/schema/index.ts';
import { requestInstall } from '../../server/services/install/start.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { launchBrowser } from '../support/browser.ts';
import { keepAlive, openPipelineSite, type PipelineSite } from '../support/pipeline-site.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { declareFleet, publish } from '../support/world.ts';

let site: PipelineSite;
let browser: Browser;
let page: Page;

async function ask(count: number, name = 'Ana'): Promise<void> {
  for (let asked = 0; asked < count; asked += 1) {
    await requestInstall(site.world.ctx, { ...signalboxActor, name }, { releaseId: 1, hostIds: [asked + 1] }, null);
  }
}

beforeAll(async () => {
  site = await openPipelineSite();
  await declareFleet(site.world, { management: 3, targets: 247 });
  await publish(site.world, ['1.0.0']);
  await site.world.ctx.db.update(release).set({ package: 'present' });
  await ask(120);
  await keepAlive(site.world);
  browser = await launchBrowser();
  page = await signedInPage(browser, site);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});
beforeEach(() => page.mouse.move(5, 5));

const soon = <T>(look: () => T) => expect.poll(look, { timeout: 30_000 });
const heads = (column: string) => page.getByRole('columnheader', { name: column });
const jobs = () =>
  page.getByRole('link', { name: /^Job \d+$/ }).evaluateAll((all) => all.map((link) => Number(link.textContent)));
const hosts = () =>
  page.getByRole('button', { name: /^Show / }).evaluateAll((all) => all.map((row) => row.textContent?.trim()));
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
const down = (from: number, count: number) => Array.from({ length: count }, (_, at) => from - at);

const rows = (table: string) =>
  page
    .getByRole('table', { name: table })
    .getByRole('rowheader')
    .evaluateAll((all) => all.map((head) => head.textContent?.trim().split(/\s/)[0]));
const search = () => decodeURIComponent(new URL(page.url()).search);

test('order, filter and page stand in the address: a reload keeps them, the back button takes them back', async () => {
  await page.goto('/activity');
  await soon(jobs).toEqual(down(120, 50));
  await button('Next').click();
  await soon(jobs).toEqual(down(70, 50));
  expect(page.url()).toContain('after=');
  await page.reload();
  await soon(jobs).toEqual(down(70, 50));
  await button('Next').click();
  await soon(jobs).toEqual(down(20, 20));
  expect(await button('Next').getAttribute('aria-disabled')).toBe('true');
  await button('Previous').click();
  await soon(jobs).toEqual(down(70, 50));
  await heads('Job').getByRole('button').click();
  await soon(async () => (await jobs()).slice(0, 3)).toEqual([1, 2, 3]);
  expect(await heads('Job').getAttribute('aria-sort')).toBe('ascending');
  expect(new URL(page.url()).search).toBe('?sort=created');
  await page.goBack();
  await soon(async () => (await jobs())[0]).toBe(70);
  await page.goBack();
  await soon(async () => (await jobs())[0]).toBe(20);
  await page.goto('/activity?q=job+11&sort=created');
  await soon(jobs).toEqual([11, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119]);
});

test('hosts: natural order, the words of the filter, and how many match in all', async () => {
  await page.goto('/hosts');
  await expect
    .poll(async () => (await hosts()).slice(0, 5))
    .toEqual(['line-1', 'line-2', 'line-3', 'line-4', 'line-5']);
  await page.getByRole('searchbox', { name: 'Filter hosts' }).fill('-mgmt 1');
  await page.getByText('133 hosts match').waitFor();
  await page.getByText('100 of 133 hosts').waitFor();
  await button('Next').click();
  await page.getByText('33 of 133 hosts').waitFor();
  await heads('Role').getByRole('button').click();
  await soon(() => page.url()).not.toContain('after=');
  expect(page.url()).toContain('sort=role');
});

test('a parameter that means nothing is answered with a reason, and a way out', async () => {
  for (const query of ['sort=colour', 'after=rubbish', 'kind=dance']) {
    await page.goto(`/activity?${query}`);
    await page
      .getByRole('note', { name: 'Problem' })
      .getByText(new RegExp(query.split('=')[0] ?? ''))
      .first()
      .waitFor();
  }
  await page.goto('/activity?after=rubbish');
  await button('To the first page').click();
  await soon(async () => (await jobs())[0]).toBe(120);
});

test('rows do not move under a pointer: what is new is held back and counted, and shown when the pointer has left', async () => {
  await page.goto('/activity');
  await soon(async () => (await jobs())[0]).toBe(120);
  await page.getByRole('link', { name: 'Job 118', exact: true }).hover();
  await ask(3, 'Ben');
  await button('3 new').waitFor();
  expect((await jobs())[0]).toBe(120);
  await page.mouse.move(5, 5);
  await soon(async () => (await jobs())[0]).toBe(123);
  await page.getByRole('link', { name: 'Job 120', exact: true }).focus();
  await ask(1, 'Ben');
  await button('1 new').click();
  await soon(async () => (await jobs())[0]).toBe(124);
});

test('a list that is read on stays where it is: what is new is counted above, and comes when one asks or goes back up', async () => {
  await page.goto('/activity');
  await soon(async () => (await jobs())[0]).toBe(124);
  const row = page.getByRole('link', { name: 'Job 90', exact: true });
  await row.evaluate((link) => link.scrollIntoView({ block: 'center' }));
  const main = page.locator('main');
  await soon(() => main.evaluate((area) => area.scrollTop)).toBeGreaterThan(200);
  await page.mouse.move(5, 5);
  const place = await row.boundingBox();
  await ask(2, 'Ben');
  await button('2 new').waitFor();
  await ask(3, 'Ben');
  await button('5 new').waitFor();
  expect(await row.boundingBox()).toEqual(place);
  expect((await jobs())[0]).toBe(124);
  const top = (await main.boundingBox())?.y ?? 0;
  expect((await button('5 new').boundingBox())?.y).toBeGreaterThanOrEqual(top);

  await button('5 new').click();
  await soon(async () => (await jobs())[0]).toBe(129);
  await button('5 new').waitFor({ state: 'detached' });
  expect(await main.evaluate((area) => area.scrollTop)).toBe(0);
  await page.mouse.move(5, 5);
  await row.evaluate((link) => link.scrollIntoView({ block: 'center' }));
  await soon(() => main.evaluate((area) => area.scrollTop)).toBeGreaterThan(200);
  await ask(1, 'Ben');
  await button('1 new').waitFor();
  await main.evaluate((area) => area.scrollTo({ top: 0 }));
  await soon(async () => (await jobs())[0]).toBe(130);
  expect(await button('1 new').count()).toBe(0);
});

test('the log, too, counts what has come, and moves no line under a pointer; it is read once', async () => {
  let readings = 0;
  page.on('request', (request) => void (request.url().includes('/activities') && (readings += 1)));
  await page.goto('/log');
  const lines = page.getByRole('table', { name: 'Log' }).getByRole('row');
  await soon(() => lines.count()).toBeGreaterThan(30);
  expect(readings).toBe(1);
  await lines.nth(3).hover();
  const before = await lines.allInnerTexts();
  await ask(3, 'Dia');
  const more = button(/^\d+ new$/);
  await more.waitFor();
  expect(await lines.allInnerTexts()).toEqual(before);
  await more.click();
  await page.mouse.move(5, 5);
  await soon(() => lines.filter({ hasText: 'Dia asked' }).count()).toBe(3);
  await soon(() => more.count()).toBe(0);
});

test('100 changes within a second or two are a few announcements in one polite region', async () => {
  await page.goto('/activity');
  await soon(async () => (await jobs())[0]).toBe(133);
  const region = page.locator('[data-live=polite]');
  await region.evaluate((element) => {
    new MutationObserver(() => {
      if (element.dataset['said'] === '') return;
      const count = Number(document.documentElement.dataset['said'] ?? 0) + 1;
      document.documentElement.dataset['said'] = String(count);
    }).observe(element, { attributes: true });
  });
  const began = Date.now();
  await ask(100, 'Ben');
  await soon(() => region.getAttribute('data-said')).toMatch(/changes\. The last: Job \d+|Job 233/);
  const said = Number(await page.evaluate(() => document.documentElement.dataset['said']));
  expect(said).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / 1_000) + 1);
});

test('a page whose line is cut says so, and has what it missed when the line is back', async () => {
  await page.goto('/activity');
  await soon(async () => (await jobs())[0]).toBe(233);
  await page.context().setOffline(true);
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByText(/RECONNECTING|LATE/)
    .waitFor({ timeout: 30_000 });
  await ask(2, 'Cem');
  await page.context().setOffline(false);
  await soon(async () => (await jobs())[0]).toBe(235);
  await page.getByRole('navigation', { name: 'Main' }).getByText('LIVE', { exact: true }).waitFor({ timeout: 30_000 });
});

test('times are UTC or local, for every page, until one says otherwise; both stand on each of them', async () => {
  await page.goto('/activity');
  const time = page.locator('main time').first();
  await time.waitFor();
  expect((await time.getAttribute('title'))?.split('\n')).toHaveLength(3);
  await button('Times in UTC: switch').click();
  await button('Times in local time: switch').waitFor();
  await page.goto('/hosts');
  await button('Times in local time: switch').click();
  await page.reload();
  await button('Times in UTC: switch').waitFor();
});

test('releases come by pages of the server, sorted by version as numbers are, and counted by card', async () => {
  await publish(
    site.world,
    Array.from({ length: 60 }, (_, at) => `2.${at}.0`),
  );
  await page.goto('/releases');
  await page.getByRole('button', { name: 'Total Updates 61' }).waitFor();
  await soon(async () => (await rows('Releases')).length).toBe(50);
  await heads('Version').getByRole('button').click();
  await soon(async () => (await rows('Releases')).slice(0, 2)).toEqual(['2.59.0', '2.58.0']);
  await heads('Version').getByRole('button').click();
  await soon(async () => (await rows('Releases')).slice(0, 12)).toEqual(
    ['1.0.0'].concat(Array.from({ length: 11 }, (_, at) => `2.${at}.0`)),
  );
  await button('Next').click();
  await soon(async () => (await rows('Releases')).at(-1)).toBe('2.59.0');
  await page.getByRole('button', { name: 'Downloaded 1' }).click();
  await soon(() => rows('Releases')).toEqual(['1.0.0']);
  expect(search()).toBe('?sort=version&card=downloaded');
  await page.getByRole('searchbox', { name: 'Filter releases' }).fill('no such thing');
  await page.getByText('No release matches').waitFor();
  await button('Clear the filters').click();
  await soon(async () => (await rows('Releases')).length).toBe(50);
  expect(search()).toBe('?sort=version');
});

test('hosts of a job come by pages, trouble first; its waves count them all, whatever is listed', async () => {
  const hostIds = Array.from({ length: 247 }, (_, at) => at + 4);
  const job = await requestInstall(site.world.ctx, { ...signalboxActor, name: 'Ana' }, { releaseId: 1, hostIds }, null);
  await page.goto(`/jobs/${job.id}`);
  const inWaves = async () => {
    const told = await page.getByRole('list', { name: 'Waves' }).getByRole('listitem').allTextContents();
    return told.reduce((sum, text) => sum + Number(/\/(\d+) host/.exec(text)?.[1]), 0);
  };
  await soon(inWaves).toBe(247);
  await page.getByText('200 on this page').waitFor();
  await heads('Host').getByRole('button').click();
  await soon(async () => (await hosts())[0]).toBe('line-1');
  await page.getByRole('searchbox', { name: 'Filter hosts of this job' }).fill('line-24');
  await soon(hosts).toEqual([
    'line-24',
    'line-240',
    'line-241',
    'line-242',
    'line-243',
    'line-244',
    'line-245',
    'line-246',
    'line-247',
  ]);
  expect(await inWaves()).toBe(247);
  await page.getByRole('button', { name: 'Show line-241' }).click();
  await page.getByRole('region', { name: 'Host line-241' }).waitFor();
  await page.reload();
  await page.getByRole('region', { name: 'Host line-241' }).waitFor();
  await soon(async () => (await hosts()).length).toBe(9);
  // The one that is looked at may be on no page that is listed.
  await page.getByRole('searchbox', { name: 'Filter hosts of this job' }).fill('line-7');
  await soon(hosts).not.toContain('line-241');
  expect(await page.getByRole('region', { name: 'Host line-241' }).count()).toBe(1);
});

test('tokens stand beside people in one address, displays in their own; each keeps its order and its filter', async () => {
  const { db } = site.world.ctx;
  const now = site.world.time.now;
  await db.insert(apiToken).values(
    Array.from({ length: 60 }, (_, at) => ({
      ...{ name: `ci-${at}`, tokenHash: `hash-${at}`, grants: [], createdBy: 'Ana', createdAt: now + at },
      lastUsedAt: at === 7 ? now : null,
    })),
  );
  await page.goto('/people');
  const tokens = page.getByRole('table', { name: 'API tokens' });
  await soon(async () => (await rows('API tokens')).length).toBe(50);
  await tokens.getByRole('columnheader', { name: 'Last used' }).getByRole('button').click();
  await soon(async () => (await rows('API tokens'))[0]).toBe('ci-7');
  await page.getByRole('searchbox', { name: 'Filter people' }).fill('demo');
  await page.getByRole('searchbox', { name: 'Filter tokens' }).fill('CI-5');
  await soon(async () => (await rows('API tokens')).length).toBe(11);
  expect(search()).toBe('?token-sort=-used&q=demo&token-q=CI-5');
  await page.reload();
  await soon(async () => (await rows('API tokens')).length).toBe(11);
  await button('Revoke ci-55').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
  await soon(async () => (await rows('API tokens')).length).toBe(10);

  await db.insert(display).values(
    ['hall', 'control', 'yard'].map((name, at) => ({
      ...{ name, views: ['overview' as const], rotateMs: 30_000, pairedAt: now, pairedBy: 'Ana' },
      lastSeenAt: now + at,
    })),
  );
  await page.goto('/displays');
  await soon(() => rows('Displays')).toEqual(['control', 'hall', 'yard']);
  await heads('Last seen').getByRole('button').click();
  await soon(() => rows('Displays')).toEqual(['yard', 'control', 'hall']);
  await page.getByRole('searchbox', { name: 'Filter displays' }).fill('ya');
  await soon(() => rows('Displays')).toEqual(['yard']);
});

test('the log is read from either end by pages; what it is narrowed to stands in the address', async () => {
  await page.goto('/log?sort=at&about=job');
  const lines = () => page.getByRole('table', { name: 'Log' }).getByRole('row');
  await lines().nth(1).getByRole('link', { name: 'Job 1', exact: true }).waitFor();
  await button('Next').click();
  await soon(search).toContain('after=');
  await button('Previous').click();
  await lines().nth(1).getByRole('link', { name: 'Job 1', exact: true }).waitFor();
  await heads('When').getByRole('button').click();
  await soon(search).toBe('?about=job');
  await lines().nth(1).getByRole('link', { name: 'Job 1', exact: true }).waitFor({ state: 'detached' });
  await page.goto('/log?job=5');
  await page.getByText('Every fact, newest first, of job 5.').waitFor();
  const quiet = await lines().count();
  await page.getByRole('checkbox', { name: 'With steps, progress and reports' }).check();
  await soon(() => lines().count()).toBeGreaterThan(quiet);
  expect(search()).toBe('?job=5&noise=true');
});

test('what changes is told while a dialog is open, too: within it, since all else is out of reach', async () => {
  await page.goto('/activity');
  await soon(async () => (await jobs()).length).toBe(50);
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  const region = dialog.locator('[data-live=polite]');
  await region.waitFor({ state: 'attached' });
  await ask(1, 'Ben');
  await soon(() => region.getAttribute('data-said')).toMatch(/Job \d+, Install 1\.0\.0: /);
  // And not twice: what has been told is gone.
  await soon(() => region.getAttribute('data-said')).toBe('');
  await page.keyboard.press('Escape');
});
