import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLive, type Live } from '../../server/live/start.ts';
import { invite } from '../../server/services/people/invite.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { launchBrowser } from '../support/browser.ts';
import { openBotSite, type BotSite } from '../support/slack/bot-site.ts';
import { echo, textOf } from '../support/slack/echo.ts';
import { channels, users } from '../support/slack/workspace.ts';
import { declareFleet } from '../support/world.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let site: BotSite;
let live: Live;
let browser: Browser;
beforeAll(async () => {
  const dashboardFolder = process.env['DIST'] ?? join(import.meta.dirname, '..', '..', 'dashboard', 'dist');
  site = await openBotSite({ entries: echo, deps: { dashboardFolder } });
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

test('the link from Slack asks who is signed in to confirm, keeps no code in the address, and can be taken back', async () => {
  const person = { name: 'Ana', email: 'ana@example.com', grants: [{ role: 'operator' as const }] };
  const { link } = await invite.run(site.world.ctx, signalboxActor, person);
  const page = await (await browser.newContext({ baseURL: site.url })).newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(link.replace(/^https?:\/\/[^/]+/, site.url));
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await page.getByRole('group', { name: 'Slack' }).getByText('Slack', { exact: true }).waitFor();

  const ana = site.slack.person(users.ana);
  const { answer } = await ana.command('link', channels.releases);
  const url = /<(http[^|]+)\|/.exec(JSON.stringify(answer))?.[1] ?? '';
  await page.goto(url);
  await page.getByText(users.ana).waitFor();
  await page.screenshot(shot('link-slack'));
  expect(page.url()).toBe(`${site.url}/link-slack`);
  expect(textOf((await ana.command('status', channels.releases)).answer)).toContain('/release link');

  await page.getByRole('button', { name: 'This is me' }).click();
  await page.getByText('what ana does in Slack is done in your name').waitFor();
  expect(textOf((await ana.command('status', channels.releases)).answer)).toBe('Ana (operator) said status');

  await whileLineIsDown(page);
  await page.getByRole('link', { name: 'Your account' }).click();
  await page.getByRole('button', { name: 'End the link to ana' }).click();
  await page.getByText('No Slack user is linked to your account').waitFor();
  await page.screenshot({ ...shot('account-slack'), fullPage: true });
  expect(textOf((await ana.command('status', channels.releases)).answer)).toContain('/release link');
});
