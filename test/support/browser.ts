import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** Real Chromium from npm, headless, without the network traffic that it makes of itself. */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [
      // --single-process: closing one context would end the browser for all.
      ...chromium.args.filter((arg) => !/^--(headless|single-process)/.test(arg)),
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    headless: true,
  });
}
