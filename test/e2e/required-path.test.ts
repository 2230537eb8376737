import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { environment } from '../../db/schema/index.ts';
import { launchBrowser } from '../support/browser.ts';
import { closedToday } from '../support/closed-today.ts';
import { downloadAndInstall } from '../support/journey.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let browser: Browser;
let rig: Rig;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(() => rig?.close());

test('an install that would skip a required release goes over it, as one plan of two jobs that a click has started', async () => {
  const releases = [{ version: '1.0.0' }, { version: '2.0.0', notes: 'The new schema.' }, { version: '3.0.0' }];
  rig = await openRig({ hosts: ['line-1'], releases });
  const page = await signedInPage(browser, rig);
  await downloadAndInstall(page, '1.0.0', ['line-1']);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  await rig.client.call('releases.setRequired', { id: 2, required: true });
  await rig.client.call('releases.download', { id: 2 });
  await rig.database.db.update(environment).set({ windows: closedToday() });

  await page.getByRole('link', { name: 'Releases' }).first().click();
  await page.getByRole('button', { name: 'Download orders 3.0.0' }).click();
  const install = page.getByRole('button', { name: 'Install orders 3.0.0' });
  await expect.poll(() => install.getAttribute('aria-disabled'), { timeout: 15_000 }).not.toBe('true');
  await install.click();
  const dialog = page.getByRole('dialog', { name: /Install Update/ });
  await dialog.getByRole('checkbox', { name: 'line-1', exact: true }).check();
  const way = dialog.getByRole('note', { name: 'The way over required releases' });
  await way.getByText('2.0.0 on 1 host').waitFor();
  await way.getByText('3.0.0 on 1 host').waitFor();
  await dialog.getByText('Notes of 2 releases on the way').click();
  await dialog.getByText('The new schema.').waitFor();
  // A window that is passed is passed on the whole way.
  const closed = dialog.getByRole('region', { name: 'Closed maintenance windows' });
  await closed.getByRole('button', { name: 'Install outside the window…' }).click();
  const start = dialog.getByRole('button', { name: 'Install by way of 2.0.0, 3.0.0' });
  await expect.poll(() => start.getAttribute('aria-disabled')).toBe('true');
  await closed.getByLabel('Reason for installing outside the window').fill('The line stands still');
  await start.click();
  await dialog.getByRole('link', { name: /Go to job \d+/ }).click();

  await page.getByRole('link', { name: /then job \d+: 3\.0\.0/ }).click();
  await page.getByRole('link', { name: /after job \d+/ }).waitFor();
  await page.getByText('passes closed maintenance windows: “The line stands still”').waitFor();
  await whileLineIsDown(page);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toContain('"3.0.0"');
});
