import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { environment } from '../../db/schema/index.ts';
import { launchBrowser } from '../support/browser.ts';
import { closedToday } from '../support/closed-today.ts';
import { downloadAndRequest, goToJob } from '../support/journey.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { stringify } from 'yaml';
import { whileLineIsDown } from '../support/line-down.ts';

let browser: Browser;
let rig: Rig;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(() => rig?.close());

test('an install outside the window of its environment waits, unless its reason is given; then everybody reads it', async () => {
  rig = await openRig({ hosts: ['line-1'], releases: [{ version: '1.0.0' }] });
  await rig.database.db.update(environment).set({ windows: closedToday() });
  const page = await signedInPage(browser, rig);
  await page.getByRole('button', { name: 'Download orders 1.0.0' }).click();
  const install = page.getByRole('button', { name: 'Install orders 1.0.0' });
  await expect.poll(() => install.getAttribute('aria-disabled'), { timeout: 15_000 }).not.toBe('true');
  await install.click();
  const dialog = page.getByRole('dialog', { name: /Install Update/ });
  await dialog.getByRole('checkbox', { name: 'line-1', exact: true }).check();

  const closed = dialog.getByRole('region', { name: 'Closed maintenance windows' });
  await closed
    .getByText(/No maintenance window of plant is open\. The next one opens at .*1 host will wait for it\./)
    .waitFor();
  await closed.getByRole('button', { name: 'Install outside the window…' }).click();
  const now = dialog.getByRole('button', { name: /^Install Now/ });
  await expect.poll(() => now.getAttribute('aria-disabled')).toBe('true');
  await dialog.getByText('State why the closed maintenance window is passed.').first().waitFor();
  await closed.getByLabel('Reason for installing outside the window').fill('The line stands still');
  await now.click();
  await goToJob(page, dialog);
  await page.getByText('passes closed maintenance windows: “The line stands still”').waitFor();
  await whileLineIsDown(page);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toContain('"1.0.0"');
});

const agreed = { name: 'four-eyes', match: { actions: ['install'] }, required: 1, roles: ['approver'] };

async function approval(page: Page, id: number): Promise<Locator> {
  await page.goto(`/approvals/${id}`);
  const panel = page.getByRole('region', { name: `Approval ${id}`, exact: true });
  await panel.getByRole('group', { name: 'The exact plan' }).waitFor();
  return panel;
}

test('whoever approves reads which window the plan waits for, or why it passes it; break-glass starts it at once', async () => {
  rig = await openRig({
    hosts: ['line-1', 'line-2'],
    releases: [{ version: '1.0.0', notes: 'Counts again.\nMigrates <b>nothing</b>.' }],
  });
  await rig.client.call('fleet.apply', { file: 'rules.yaml', text: stringify({ approvals: [agreed] }), prune: false });
  await rig.database.db.update(environment).set({ windows: closedToday() });
  const page = await signedInPage(browser, rig, rig.server.url, { name: 'Ana', roles: ['admin'] });
  const ben = await signedInPage(browser, rig, rig.server.url, { name: 'Ben', roles: ['approver'] });

  const waiting = await goToJob(page, await downloadAndRequest(page, '1.0.0', ['line-1']));
  const seen = await approval(ben, 1);
  await seen.getByText(/waits for the maintenance window of .*12:00.* until .*12:01/).waitFor();
  await seen.getByText('Notes of 1 release on the way').click();
  await seen.getByText('Migrates <b>nothing</b>.').waitFor();
  const { hosts } = await rig.client.call('installs.preview', { releaseId: 1, hostIds: [2] });
  expect(hosts).toMatchObject([{ windowClosed: { code: 'window_closed' } }]);
  const override = { reason: 'Line 2 stands still' };
  const passing = await rig.client.call('installs.start', { releaseId: 1, hostIds: [2], override });
  const passes = await approval(ben, 2);
  await passes.getByText('passes closed maintenance windows: “Line 2 stands still”').waitFor();
  expect(await passes.getByText(/waits for the maintenance window/).count()).toBe(0);
  await passes.getByRole('button', { name: 'Approve', exact: true }).click();
  await ben.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
  await ben.goto(`/jobs/${passing.id}`);
  await ben.getByText('Succeeded', { exact: true }).first().waitFor();

  expect(await rig.read('line-1', 'orders/current/release.json')).toBe('');
  const own = await approval(page, 1);
  await own.getByRole('button', { name: 'Break glass', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: `Break glass for job ${waiting}?` });
  const broken = dialog.getByRole('button', { name: 'Break glass', exact: true });
  expect(await broken.getAttribute('aria-disabled')).toBe('true');
  await dialog.getByLabel('Reason').fill('Nobody can wait three days');
  await broken.click();
  await own.getByText('Glass broken by Ana.').waitFor();
  await page.goto(`/jobs/${waiting}`);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  await page.getByText('Nobody can wait three days').first().waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toContain('"1.0.0"');
});
