import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** Real Chromium from npm, headless, without the network traffic that it makes of itself. */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [
      // --single-process: closing one context would end the browser for all.
      ...chromium.args.filter((arg) => !/^--(headless|single-process)/.test(arg) && !emulatesGraphics(arg)),
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    headless: true,
  });
}

/** A graphics card made of software paints the same pixels with four times the processor time (of a wall in a rollout). */
function emulatesGraphics(arg: string): boolean {
  return /gpu|swiftshader|^--use-gl=/.test(arg);
}
