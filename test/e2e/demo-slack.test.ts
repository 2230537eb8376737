import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { whileLineIsDown } from '../support/line-down.ts';
import { until } from '../support/until.ts';

/** The demo as users run it, and its page of Slack in a real browser, under the server's content security policy. */
let browser: Browser;
let demo: ChildProcess;
let page: Page;
let printed = '';
const complaints: string[] = [];
beforeAll(async () => {
  browser = await launchBrowser();
  const cli = join(import.meta.dirname, '../../server/cli/signalbox.ts');
  demo = spawn(process.execPath, [cli, 'demo', '--port', '4796'], { stdio: ['ignore', 'pipe', 'inherit'] });
  demo.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const link = await until('the sign-in link', () => /Sign in +(\S+)/.exec(printed)?.[1], { forMs: 60_000 });
  const context = await browser.newContext({ baseURL: new URL(link).origin, viewport: { width: 1920, height: 1080 } });
  page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(link);
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  // Somebody who is not signed in yet is told so by 401, which browsers complain about.
  complaints.length = 0;
  await page.goto('/demo/slack');
});
afterAll(async () => {
  await browser.close();
  if (demo.exitCode !== null) return;
  demo.kill('SIGINT');
  await once(demo, 'exit');
});

test('what the stand-in received is shown live; commands, dialogs and buttons go through the bot, over a line that is cut too', async () => {
  await page.getByText('This is not Slack.').waitFor();
  const channel = page.getByRole('region', { name: '#releases' });
  await channel.getByText('Download of orders 4.1.0').waitFor();
  const composer = page.getByRole('textbox', { name: /^Message #releases/ });

  await composer.fill('/release hosts');
  await composer.press('Enter');
  await channel.getByText('Only visible to you').first().waitFor();
  await channel
    .getByText(/plant-a/)
    .first()
    .waitFor();

  await channel.getByRole('button', { name: 'Approve', exact: true }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
  // Whether it was in time or Ben was first: whoever clicks is told.
  await channel
    .getByText(/request 1/)
    .first()
    .waitFor();
  await until('the end of the install', () => /job \d+ install (orders )?4\.1\.0 succeeded/.test(printed), {
    forMs: 60_000,
    seen: () => printed,
  });

  await page.getByRole('radio', { name: 'Ana Soto' }).check();
  await composer.fill('/release install orders 4.1.0');
  await composer.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Install Update' });
  await dialog.getByText('0 hosts of 14 chosen').waitFor();
  await dialog.getByRole('checkbox', { name: 'Select all' }).check();
  await dialog.getByText('14 hosts of 14 chosen').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect.poll(() => dialog.count()).toBe(0);

  expect(complaints).toEqual([]);
  const shown = await channel.getByRole('article').count();
  await composer.fill('/release releases');
  await whileLineIsDown(page, async () => {
    await composer.press('Enter');
    await channel.getByText('That did not reach the stand-in of Slack. Try again.').waitFor();
    // What was received stays to be read, and what was typed is not lost.
    expect(await channel.getByRole('article').count()).toBe(shown);
    expect(await composer.inputValue()).toBe('/release releases');
  });
  await composer.press('Enter');
  await channel.getByText('That did not reach the stand-in of Slack.').waitFor({ state: 'detached' });
  await expect.poll(() => channel.getByRole('article').count()).toBeGreaterThan(shown);
  expect(complaints.filter((text) => !text.includes('net::ERR_INTERNET_DISCONNECTED'))).toEqual([]);
  complaints.length = 0;

  await page.getByRole('radio', { name: 'Noor Haddad' }).check();
  await composer.fill('/release jobs');
  await composer.press('Enter');
  await channel.getByText(/do not know yet who you are/).waitFor();
  expect(complaints).toEqual([]);
});
