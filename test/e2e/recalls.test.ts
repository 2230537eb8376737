import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { DAY, HOUR } from '../support/pipeline.ts';
import { keepAlive, openPipelineSite, type PipelineSite } from '../support/pipeline-site.ts';
import { recalls, recallsOf, type Recalls } from '../support/recall.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let site: PipelineSite;
let line: Recalls;
let browser: Browser;
let page: Page;
let alive: ReturnType<typeof setInterval>;

const canary = {
  source: 'dev',
  target: 'stable',
  kind: 'canary',
  filters: [{ withLabel: { key: 'test' } }],
  promoteWhenHealthy: { needed: 1, duration: '9d' },
  recallWhenUnhealthy: { needed: 1, duration: '1h' },
};

/** 1.4.0 runs everywhere and was recalled by its stage, which tests the lab; 1.5.0 is good. */
beforeAll(async () => {
  site = await openPipelineSite();
  line = recalls(site.world);
  const homes = ['lab', 'plant', 'plant'];
  await line.declare({
    products: [
      {
        name: 'orders',
        channels: ['dev', 'stable'],
        entryChannels: ['dev'],
        feed: { folder: '/srv/feed' },
        pipeline: { stages: [canary] },
      },
    ],
    environments: [
      { name: 'lab', labels: { test: 'yes' }, subscriptions: { orders: 'dev' } },
      { name: 'plant', subscriptions: { orders: 'dev' } },
    ],
    hosts: homes.map((environment, i) => ({ name: `line-${i + 1}`, environment, root: `/srv/${i}`, local: true })),
  });
  await line.good(['1.3.0', '1.4.0', '1.5.0']);
  for (const hostId of [1, 2, 3]) await line.report(hostId, '1.4.0');
  await line.say(1, 'ERROR', 30 * DAY);
  await line.follow();
  await line.pass(2 * HOUR);
  await line.follow();
  await keepAlive(site.world);
  alive = setInterval(() => void keepAlive(site.world), 1_000);
  browser = await launchBrowser();
  page = await signedInPage(browser, site);
});
afterAll(async () => {
  clearInterval(alive);
  await browser.close();
  await site.close();
});

test('what a stage recalled shows each host, and a person starts what it only proposes', async () => {
  await page.getByRole('link', { name: /^Recalls/ }).click();
  await page.getByRole('link', { name: 'Recall 1' }).click();
  const panel = page.getByRole('region', { name: 'Recall 1' });
  await panel.getByText('rolls off lab; a person decides on the others').waitFor();
  await panel.getByRole('row', { name: /^line-1 1\.4\.0 rolling off 1\.5\.0/ }).waitFor();
  await panel.getByRole('row', { name: /^line-2 1\.4\.0 for you to decide 1\.5\.0/ }).waitFor();
  await whileLineIsDown(page);
  await panel.getByRole('button', { name: 'Roll off 2 hosts' }).click();
  await panel.getByRole('row', { name: /^line-2 1\.4\.0 rolling off 1\.5\.0/ }).waitFor();
  expect(await line.jobs()).toEqual([
    'roll-off 1.5.0 queued signalbox: line-1',
    'roll-off 1.5.0 queued Ana: line-2, line-3',
  ]);
});

test('the dialog shows what a recall would do before it is done, and every change of the question', async () => {
  await page.getByRole('button', { name: 'Recall releases' }).click();
  const dialog = page.getByRole('dialog', { name: 'Recall releases' });
  const impact = dialog.getByRole('region', { name: 'What this recall does' });
  await dialog.getByLabel('What is bad').selectOption('from');
  await dialog.getByLabel('From').fill('1.5.0');
  await impact.getByText('Stops job').first().waitFor();
  await impact.getByText('no host runs it', { exact: true }).waitFor();
  await dialog.getByLabel('From').fill('1.4.0');
  await impact.getByText('3 hosts to stay').waitFor();
  await dialog.getByRole('radio', { name: /^Freeze/ }).check();
  await dialog.getByText('Say until when nothing moves.').first().waitFor();
  await dialog.getByRole('radio', { name: /^Forward/ }).check();
  await dialog.getByLabel('Except').fill('1.5.0');
  await impact.getByText('3 hosts rolling off', { exact: true }).waitFor();
  await dialog.getByText('State the reason').first().waitFor();
  expect(await recallsOf(site.world)).toHaveLength(1);
  await dialog.getByLabel('Reason').fill('loses orders at midnight');
  await dialog.getByRole('button', { name: 'Recall now (3 hosts)' }).click();
  await page.getByText('[1.4.0, ∞) without 1.5.0 is recalled: 0 roll-off jobs started.').waitFor();
  await page.getByRole('link', { name: 'Recall 2' }).first().click();
  await page.getByRole('region', { name: 'Recall 2' }).getByText('loses orders at midnight').waitFor();
});

test('a revert wants a reason, and says that nothing is put back', async () => {
  const panel = page.getByRole('region', { name: 'Recall 2' });
  await panel.getByRole('button', { name: 'Revert' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revert recall 2?' });
  await dialog.getByText('Nothing is put back').waitFor();
  expect(await dialog.getByRole('button', { name: 'Revert recall' }).getAttribute('aria-disabled')).toBe('true');
  await dialog.getByLabel('Reason').fill('it was the network');
  await dialog.getByRole('button', { name: 'Revert recall' }).click();
  await panel.getByText('it was the network').waitFor();
  expect((await recallsOf(site.world)).map(({ id, revertReason }) => [id, revertReason])).toEqual([
    [1, null],
    [2, 'it was the network'],
  ]);
});
