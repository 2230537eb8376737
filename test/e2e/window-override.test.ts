import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { environment } from '../../db/schema/index.ts';
import { WEEKDAYS, type WindowSchedule } from '../../server/domain/windows.ts';
import { launchBrowser } from '../support/browser.ts';
import { goToJob } from '../support/journey.ts';
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

/** A window of one minute, three days from now, is closed today in every zone. */
function closedToday(): WindowSchedule {
  const today = (new Date().getUTCDay() + 6) % 7;
  const day = WEEKDAYS[(today + 3) % 7]!;
  return { timeZone: 'UTC', windows: [{ days: [day], start: '12:00', end: '12:01' }] };
}

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
