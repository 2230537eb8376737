import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

export interface InstallChoice {
  /** A host on which a step after `activate` fails is left as it is, instead of restored. */
  leave?: boolean;
  /** Every host at once, which the server resolves. */
  all?: boolean;
}

/** Download → Install dialog with these hosts chosen → the job's page; answers with the job's number. */
export async function downloadAndInstall(
  page: Page,
  version: string,
  hosts: readonly string[],
  choice: InstallChoice = {},
): Promise<string> {
  const dialog = await downloadAndRequest(page, version, hosts, choice);
  await dialog.getByText('Installation started successfully.').waitFor();
  return goToJob(page, dialog);
}

/** Download → Install dialog with these hosts chosen → Install Now; answers with the dialog, which says what comes of it. */
export async function downloadAndRequest(
  page: Page,
  version: string,
  hosts: readonly string[],
  { leave = false, all = false }: InstallChoice = {},
): Promise<Locator> {
  await page.getByRole('link', { name: 'Releases' }).first().click();
  await page.getByRole('button', { name: `Download orders ${version}` }).click();
  const install = page.getByRole('button', { name: `Install orders ${version}` });
  await expect.poll(() => install.getAttribute('aria-disabled'), { timeout: 15_000 }).not.toBe('true');
  await install.click();
  const dialog = page.getByRole('dialog', { name: /Install Update/ });
  await dialog.waitFor();
  if (all) await dialog.getByRole('checkbox', { name: `Select all ${hosts.length}` }).check();
  else for (const host of hosts) await dialog.getByRole('checkbox', { name: host, exact: true }).check();
  if (leave) {
    await dialog.getByText('Plan settings').click();
    await dialog.getByRole('radio', { name: 'Leave it as it is' }).check();
  }
  await dialog.getByRole('button', { name: new RegExp(`Install Now \\(${hosts.length} hosts?\\)`) }).click();
  return dialog;
}

/** From the dialog to the page of the job that it has requested; answers with the job's number. */
export async function goToJob(page: Page, dialog: Locator): Promise<string> {
  await dialog.getByRole('link', { name: /Go to job \d+/ }).click();
  await page.waitForURL(/\/jobs\/\d+$/);
  return /\d+$/.exec(page.url())![0];
}
