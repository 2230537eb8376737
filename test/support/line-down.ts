import type { Page } from 'playwright-core';

/**
 * The page's line to the server is down while `meanwhile` happens: it says so, and tells the truth again once the line is
 * back. For console and wall.
 */
export async function whileLineIsDown(page: Page, meanwhile: () => Promise<unknown> = async () => {}): Promise<void> {
  await page.getByText('LIVE', { exact: true }).first().waitFor();
  await page.context().setOffline(true);
  try {
    await page
      .getByText(/^(RECONNECTING|LATE|FEED LOST)/)
      .first()
      .waitFor({ timeout: 30_000 });
    await meanwhile();
  } finally {
    await page.context().setOffline(false);
  }
  await page.getByText('LIVE', { exact: true }).first().waitFor({ timeout: 60_000 });
}
