import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { host } from '../../db/schema/index.ts';
import { launchBrowser } from '../support/browser.ts';
import { journalState } from '../support/host-journal.ts';
import { goToJob } from '../support/journey.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { until } from '../support/until.ts';

let browser: Browser;
let rig: Rig;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(() => rig?.close());

/** Counts its runs, then waits there until the test lets it go. */
const gated = `echo "$SIGNALBOX_ATTEMPT" >> "$SIGNALBOX_ROOT/runs"
until [ -e "$SIGNALBOX_ROOT/go" ]; do sleep 0.05; done`;
const runs = async (name: string) => (await rig.read(name, 'runs')).split('\n').filter(Boolean);

/** Presses a job's button and confirms it. */
async function press(page: Page, id: number | string, name: string): Promise<void> {
  const button = page.getByRole('group', { name: `Actions of job ${id}` }).getByRole('button', { name, exact: true });
  await expect.poll(() => button.getAttribute('aria-disabled')).not.toBe('true');
  await button.click();
  const dialog = page.getByRole('dialog', { name: `${name}?` });
  await dialog.getByRole('button', { name, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

const state = (page: Page, words: string) => page.getByText(words, { exact: true }).first().waitFor();

test('a job is paused, resumed, continued and cancelled in the console; it tells whom it leaves out, and what blocks it', async () => {
  rig = await openRig({
    hosts: ['line-1', 'line-2', 'line-3'],
    releases: [{ version: '1.0.0', hooks: { 'pre-install': gated } }],
  });
  await rig.database.db.update(host).set({ life: 'maintenance' }).where(eq(host.name, 'line-3'));
  await rig.server.stop();
  await rig.restart();
  const page = await signedInPage(browser, rig);
  const id = await installWhereInService(page);
  await page.getByText('line-3 is in maintenance.').waitFor();

  await until('the hook of the first wave', async () => (await runs('line-1')).length === 1);
  await press(page, id, 'Pause');
  await state(page, 'Paused');
  await rig.write('line-1', 'go', '');
  await page.getByRole('button', { name: 'Show line-1' }).waitFor();
  await until('the first wave', async () => (await job(id)).counts.succeeded === 1);
  expect((await job(id)).status).toBe('paused');

  await press(page, id, 'Resume');
  await page.getByText('Wave 2 is manual: it waits for Continue.').first().waitFor();
  expect(await runs('line-2')).toEqual([]);
  await press(page, id, 'Continue');
  await until('the hook of the second wave', async () => (await runs('line-2')).length === 1);

  const behind = await rig.client.call('installs.start', { releaseId: 1, hostIds: [2] });
  await page.goto(`/jobs/${behind.id}`);
  await page.getByText(`Blocked by job ${id}`).first().waitFor();

  await page.goto(`/jobs/${id}`);
  await press(page, id, 'Cancel job');
  const { root } = rig.hosts.get('line-2')!;
  const [attempt = ''] = await runs('line-2');
  await until('the host to have heard of it', () => existsSync(join(root, 'orders/journal', attempt, 'cancel')));
  expect((await job(id)).status).toBe('cancelling');
  await rig.write('line-2', 'go', '');
  await state(page, 'Cancelled');
  expect(await job(id)).toMatchObject({ status: 'cancelled', counts: { succeeded: 1, cancelled: 1 } });
  const { items } = await rig.client.call('jobs.tasks', { id: Number(id) });
  const steps = items.find(({ hostName }) => hostName === 'line-2')!.steps.map(({ step }) => step);
  expect(steps.at(-1)).toBe('pre-install');

  // Whoever was behind it goes on by itself, with an attempt of its own.
  await until('the job behind it', async () => (await job(behind.id)).status === 'succeeded');
  expect(await runs('line-2')).toHaveLength(2);
  expect(journalState(root, 'orders')).toMatchObject({ final: true, current: expect.stringMatching(/1\.0\.0/) });
});

const job = (id: number | string) => rig.client.call('jobs.show', { id: Number(id) });

/** All hosts, one first and the others when a person says so; the dialog tells who is left out. */
async function installWhereInService(page: Page): Promise<string> {
  await page.getByRole('link', { name: 'Releases' }).first().click();
  await page.getByRole('button', { name: 'Download orders 1.0.0' }).click();
  const install = page.getByRole('button', { name: 'Install orders 1.0.0' });
  await expect.poll(() => install.getAttribute('aria-disabled'), { timeout: 15_000 }).not.toBe('true');
  await install.click();
  const dialog = page.getByRole('dialog', { name: /Install Update/ });
  await dialog.getByRole('checkbox', { name: 'Select all 2' }).check();
  await dialog.getByRole('note', { name: 'Left out' }).getByText('line-3 is in maintenance.').waitFor();
  await dialog.getByText('Plan settings').click();
  await dialog.getByRole('textbox', { name: 'Waves' }).fill('1, 100% manual');
  await dialog.getByRole('list', { name: 'Waves' }).getByText('Wave 2, manual').waitFor();
  await dialog.getByRole('button', { name: 'Install Now (2 hosts)' }).click();
  return goToJob(page, dialog);
}
