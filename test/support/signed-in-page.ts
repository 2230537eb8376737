import type { Browser, Page } from 'playwright-core';
import type { Rig, RigPerson } from './rig.ts';

/** A server that people can sign in at. */
export interface Entrance {
  server: { url: string };
  signInLink: Rig['signInLink'];
}

/**
 * A page that is signed in as an admin, or as `who`. Fails the test on any error that the page throws. `origin`: another
 * way to the same server, through a line that can be cut.
 */
export async function signedInPage(
  browser: Browser,
  rig: Entrance,
  origin = rig.server.url,
  who?: RigPerson,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, baseURL: origin });
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  const link = await rig.signInLink(who);
  await page.goto(link.replace(/^https?:\/\/[^/]+/, origin));
  // Who comes by their first link is offered a password.
  await page.getByRole('button', { name: 'Not now' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  return page;
}
