/**
 * Makes the pictures in docs/ from a running demo: `npm run screenshots`. What they show is what the demo did; nothing
 * is staged. Ends the demo it started.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'screenshots');

const demo = spawn(process.execPath, [join(root, 'server/cli/signalbox.ts'), 'demo', '--port', '4790'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const lines: string[] = [];
const reader = createInterface({ input: demo.stdout });
reader.on('line', (line) => lines.push(line));

/** The first line that fits, said already or still to come. */
async function said(pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    for (const line of lines) {
      const found = pattern.exec(line);
      if (found) return found;
    }
    await once(reader, 'line');
  }
}

async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(`docs/screenshots/${name}.png`);
}

await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
try {
  const [, link = ''] = await said(/Sign in +(\S+)/);
  const context = await browser.newContext({
    viewport: { width: 1920, height: 1080 },
    baseURL: new URL(link).origin,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(link);
  // The link leads past the choice of a password.
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  const wall = await context.newPage();
  await wall.goto('/wall');
  // What Ana sees in Slack: her dialog, the request that Ben is about to approve, the job's card.
  const chat = await context.newPage();
  await chat.goto('/demo/slack');
  await chat.getByRole('radio', { name: 'Ana Soto' }).check();
  await said(/download 4\.2\.0 succeeded/);
  await chat.getByRole('button', { name: 'Install Now (14)' }).waitFor();
  await picture(chat, 'slack-install');
  await said(/install 4\.2\.0 asked for/);
  const releases = chat.getByRole('region', { name: '#releases' });
  await releases.getByRole('button', { name: 'Approve', exact: true }).waitFor();
  await releases.getByRole('article').last().scrollIntoViewIfNeeded();
  await picture(chat, 'slack-approval');
  await wall
    .getByText(/[2-9] of 14 hosts done/)
    .first()
    .waitFor();
  await picture(wall, 'wall-rollout');
  const card = releases.getByRole('article').filter({ hasText: 'Install of orders 4.2.0' }).last();
  await card.getByText(/[2-9] of 14|1[0-4] of 14/).waitFor();
  await picture(chat, 'slack-job');
  const [, failed = ''] = await said(/job (\d+) install 4\.3\.0 failed/);
  await wall.getByRole('region', { name: 'Failing and unreachable hosts' }).waitFor();
  await picture(wall, 'wall-failure');
  await said(/incident 1 open/);
  await chat.getByRole('button', { name: 'incidents' }).click();
  await chat.getByRole('button', { name: /repl/ }).first().click();
  await chat.getByRole('region', { name: 'Thread' }).getByText(`Evidence of job ${failed}`).waitFor();
  await picture(chat, 'slack-incident');

  await said(/incident 1 resolved/);
  await chat.getByRole('region', { name: 'Thread' }).getByText('Resolved by Ana Soto').last().waitFor();
  await picture(chat, 'slack-recovered');
  await page.goto('/incidents/1');
  await page.getByRole('table', { name: 'Timeline of incident 1' }).waitFor();
  await picture(page, 'console-incident');

  await page.goto('/');
  await page.getByRole('button', { name: 'Install orders 4.3.0' }).waitFor();
  await picture(page, 'console-releases');
  await page.getByRole('button', { name: 'Install orders 4.3.0' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('checkbox', { name: 'plant-a-line-1', exact: true }).check();
  await dialog.getByRole('checkbox', { name: 'plant-b-mgmt-1', exact: true }).check();
  await dialog.getByRole('button', { name: 'Install Now (2 hosts)' }).waitFor();
  await dialog.getByRole('list', { name: 'Waves' }).waitFor();
  await picture(page, 'console-install');
  await page.goto('/activity');
  await page.getByRole('link', { name: `Job ${failed}`, exact: true }).waitFor();
  await picture(page, 'console-activity');
  await page.goto(`/jobs/${failed}`);
  await page.getByRole('button', { name: 'Show plant-a-line-2' }).click();
  await page.getByLabel('Log of plant-a-line-2').getByText('scanner').first().waitFor();
  await picture(page, 'console-job');

  // Stopped, not ended: the line stays half-open, as with a machine that hangs.
  demo.kill('SIGSTOP');
  await wall.getByRole('heading', { name: 'FEED LOST' }).waitFor({ timeout: 40_000 });
  await picture(wall, 'wall-feed-lost');
} finally {
  await browser.close();
  demo.kill('SIGCONT');
  demo.kill('SIGINT');
  await once(demo, 'exit');
}
