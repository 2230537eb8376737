import type { Browser, Locator } from 'playwright-core';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { release } from '../../db/schema/index.ts';
import { launchBrowser } from '../support/browser.ts';
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

const breakable = { 'post-install': 'if [ -e "$SIGNALBOX_ROOT/broken" ]; then echo "no disk" >&2; exit 7; fi' };

/** Opens the glass in a dialog that only a required release refuses, and states why. */
async function breakGlass(dialog: Locator, start: RegExp): Promise<void> {
  const glass = dialog.getByRole('region', { name: 'Break-glass' });
  await glass.getByRole('button', { name: 'Break glass…' }).click();
  await glass.getByText('Everybody will read it.').waitFor();
  const button = dialog.getByRole('button', { name: start });
  expect(await button.getAttribute('aria-disabled')).toBe('true');
  await glass.getByLabel('Reason for break-glass').fill('the line stands still');
  await button.click();
}

test('an admin breaks the glass in the dialog for what only a required release refuses: an operator reads who may', async () => {
  rig = await openRig({ hosts: ['line-1'], releases: [{ version: '1.0.0' }, { version: '2.0.0', hooks: breakable }] });
  const page = await signedInPage(browser, rig);
  await downloadAndInstall(page, '1.0.0', ['line-1']);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  await rig.write('line-1', 'broken', '');
  const failed = await downloadAndInstall(page, '2.0.0', ['line-1'], { leave: true });
  await page.getByText('Failed', { exact: true }).first().waitFor();
  await whileLineIsDown(page);
  await rig.database.db.update(release).set({ required: true }).where(eq(release.version, '2.0.0'));

  const eve = await signedInPage(browser, rig, rig.server.url, { name: 'Eve', roles: ['operator'] });
  await eve.goto(`/jobs/${failed}`);
  await eve.getByRole('button', { name: 'Roll back affected (1)' }).click();
  const refused = eve.getByRole('dialog').getByRole('region', { name: 'Break-glass' });
  await refused.getByText(/An admin may let this rollback pass/).waitFor();
  expect(await refused.getByRole('button').count()).toBe(0);

  await page.getByRole('button', { name: 'Roll back affected (1)' }).click();
  const rollback = page.getByRole('dialog', { name: `Roll back job ${failed}` });
  await rollback.getByLabel('Reason', { exact: true }).fill('2.0.0 does not start');
  await breakGlass(rollback, /Roll Back Now/);
  await rollback.getByRole('link', { name: /Go to job \d+/ }).click();
  await page.getByRole('heading', { name: /Rollback orders 1\.0\.0/ }).waitFor();
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  await page.getByRole('note', { name: 'Break-glass of this job' }).getByText('the line stands still').waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toContain('"1.0.0"');
});
