import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { cuttableLine } from '../support/cuttable-line.ts';
import { rigOf } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const release = { version: '1.0.0' };
const portOf = (url: string) => Number(new URL(url).port);

// They wait for most of their time, so they do it at once.
describe.concurrent('a wall that loses something', () => {
  test('a half-open line: the wall turns LATE, then FEED LOST without colour, and is LIVE again when the line is back', async (own) => {
    const rig = await rigOf(own, { hosts: ['line-1'], releases: [release] });
    const line = await cuttableLine(portOf(rig.server.url));
    try {
      const page = await signedInPage(browser, rig, `http://127.0.0.1:${line.port}`);
      await page.goto('/wall');
      await page.getByText('LIVE', { exact: true }).waitFor();
      line.freeze();
      await page.getByText(/^LATE/).first().waitFor({ timeout: 20_000 });
      await page.getByRole('heading', { name: 'FEED LOST' }).waitFor({ timeout: 15_000 });
      // Everything that carries meaning by colour stands below an element that is drawn without any.
      const coloured = await page.evaluate(
        () =>
          [...document.querySelectorAll('main svg, main canvas')].filter((element) => {
            for (let at: Element | null = element; at; at = at.parentElement) {
              if (getComputedStyle(at).filter.includes('grayscale(1)')) return false;
            }
            return true;
          }).length,
      );
      expect(coloured).toBe(0);
      line.thaw();
      line.cut();
      await page.getByText('LIVE', { exact: true }).waitFor({ timeout: 30_000 });
    } finally {
      await line.close();
    }
  });

  test('a server that is stopped says so before; one that is killed does not, and the wall finds back to its successor', async (own) => {
    const rig = await rigOf(own, { hosts: ['line-1'], releases: [release] });
    const port = portOf(rig.server.url);
    const page = await signedInPage(browser, rig);
    await page.goto('/wall');
    await page.getByText('LIVE', { exact: true }).waitFor();
    await rig.server.stop();
    await page.getByText('SERVER RESTARTING').first().waitFor();
    await rig.restart({ SIGNALBOX_PORT: String(port) });
    await page.getByText('LIVE', { exact: true }).waitFor({ timeout: 30_000 });
    expect(await rig.server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await page.getByText('RECONNECTING').first().waitFor();
    await rig.restart({ SIGNALBOX_PORT: String(port) });
    await page.getByText('LIVE', { exact: true }).waitFor({ timeout: 30_000 });
  });

  test('a worker that is killed while the page stays linked: ENGINE STALLED, with the silent part named', async (own) => {
    const rig = await rigOf(own, { hosts: ['line-1'], releases: [release], split: true });
    const page = await signedInPage(browser, rig);
    await page.goto('/wall');
    await page.getByText('LIVE', { exact: true }).waitFor();
    expect(await rig.worker!.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await page.getByRole('heading', { name: 'ENGINE STALLED' }).waitFor({ timeout: 50_000 });
    await page
      .getByText(/the queue/i)
      .first()
      .waitFor();
  });

  test('a host that stops answering is shown by name with the reason, and is well again when it answers', async (own) => {
    const rig = await rigOf(own, { hosts: ['line-1', 'line-2'], releases: [release] });
    const page = await signedInPage(browser, rig);
    await page.goto('/wall');
    await page
      .getByText(/2 hosts/)
      .first()
      .waitFor();
    await rig.hosts.get('line-2')!.stop();
    await page
      .getByText(/unreachable/i)
      .first()
      .waitFor({ timeout: 20_000 });
    await page
      .getByRole('region', { name: /failing|trouble/i })
      .getByText('line-2')
      .waitFor();
  });
});
