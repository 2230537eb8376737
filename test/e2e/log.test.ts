import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { cuttableLine, type CuttableLine } from '../support/cuttable-line.ts';
import { downloadAndInstall } from '../support/journey.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';

/** Coloured, with markup and a character that turns text round; in five parts, each let go by a file on the host. */
const hook = `
lines() {
  awk -v from="$1" -v to="$2" 'BEGIN { for (i = from; i <= to; i++)
    printf "\\033[3%dmline %06d\\033[0m <script>document.title=1</script> \\342\\200\\256abc\\n", i % 8, i }'
}
wait_for() { until [ -e "$SIGNALBOX_ROOT/$1" ]; do sleep 0.1; done; }
lines 1 60000; wait_for go-1
lines 60001 60250; wait_for go-2
lines 60251 60500; wait_for go-3
lines 60501 60750; wait_for go-4
lines 60751 100000`;

let browser: Browser;
let rig: Rig;
let line: CuttableLine;
let page: Page;
beforeAll(async () => {
  browser = await launchBrowser();
  rig = await openRig({
    hosts: ['line-1'],
    releases: [{ version: '1.0.0', hooks: { 'post-install': hook } }],
    settings: { SIGNALBOX_LOG_CAP_BYTES: String(32 * 1024 * 1024) },
  });
  line = await cuttableLine(Number(new URL(rig.server.url).port));
  page = await signedInPage(browser, rig, `http://127.0.0.1:${line.port}`);
});
afterAll(async () => {
  await browser?.close();
  await line?.close();
  await rig?.close();
});

const log = () => page.getByRole('log', { name: 'Log of line-1' });
/** The rows in the document: number and text of each. */
const rows = () =>
  log()
    .locator('.row')
    .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
const lines = (count: number) => page.getByText(new RegExp(`^${count} lines`)).waitFor();
const button = (name: string | RegExp) => page.getByRole('button', { name });
const show = (part: number) => log().evaluate((view, at) => view.scrollTo({ top: view.scrollHeight * at }), part);

/** Every row in the document is the line that its number says: none is lost, none doubled. */
async function demandTrueRows(): Promise<void> {
  const shown = await rows();
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.length).toBeLessThan(120);
  for (const [number = '', text] of shown) {
    expect(text).toBe(`line ${number.padStart(6, '0')} <script>document.title=1</script> ⟦U+202E⟧abc`);
  }
}

async function heapAfterCollection(): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  await devtools.detach();
  return usedSize;
}

test('100 000 lines: live, paused with a count, followed again, through a line that is cut, and none lost or doubled', async () => {
  await downloadAndInstall(page, '1.0.0', ['line-1']);
  await button('Show line-1').click();
  await lines(60_000);
  await expect.poll(async () => (await rows()).at(-1)?.[0]).toBe('60000');
  await demandTrueRows();

  await button('Pause log').click();
  const first = (await rows())[0];
  await rig.write('line-1', 'go-1', '');
  await button('Follow (250 new)').waitFor();
  expect((await rows())[0]).toEqual(first);

  line.freeze();
  line.cut();
  await page.getByText('The line to the server is down').waitFor();
  await rig.write('line-1', 'go-2', '');
  line.thaw();
  await button('Follow (500 new)').waitFor({ timeout: 40_000 });
  await page.getByText('The line to the server is down').waitFor({ state: 'detached' });

  await button('Follow (500 new)').click();
  await button('Pause log').waitFor();
  await expect.poll(async () => (await rows()).at(-1)?.[0]).toBe('60500');
  // Whoever scrolls up reads: the log counts what comes, and goes on by itself once they are at its end again.
  await show(0.5);
  await button('Follow').waitFor();
  const read = await rows();
  await rig.write('line-1', 'go-3', '');
  await button('Follow (250 new)').waitFor();
  expect(await rows()).toEqual(read);
  await show(1);
  await button('Pause log').waitFor();
  await expect.poll(async () => (await rows()).at(-1)?.[0]).toBe('60750');
  await rig.write('line-1', 'go-4', '');
  await page.getByText('100000 lines, ended').waitFor();
  await expect.poll(async () => (await rows()).at(-1)?.[0]).toBe('100000');
  for (const part of [0, 0.25, 0.6, 0.6025, 0.605, 1]) {
    await show(part);
    await expect.poll(async () => Math.abs(Number((await rows())[20]?.[0]) - part * 100_000)).toBeLessThan(120);
    await demandTrueRows();
  }
});

test('a search counts its lines, goes to the next and the previous, and the line stands in the address', async () => {
  const field = page.getByRole('searchbox', { name: 'Search in log of line-1' });
  await show(0);
  await field.fill('LINE 0777');
  const found = page.getByRole('status', { name: 'Found' });
  await expect.poll(() => found.innerText()).toBe('100 lines');
  await field.press('Enter');
  await expect.poll(() => found.innerText()).toBe('1 of 100 lines');
  await button('Next hit').click();
  await expect.poll(() => found.innerText()).toBe('2 of 100 lines');
  await expect.poll(async () => (await rows()).some(([number]) => number === '77701')).toBe(true);
  await button('Previous hit').click();
  await button('Previous hit').click();
  await expect.poll(() => found.innerText()).toBe('100 of 100 lines');
  expect(page.url()).toContain('line=77799');
  await field.fill('no such thing');
  await expect.poll(() => found.innerText()).toBe('No line');
  await page.reload();
  await expect.poll(async () => (await rows()).some(([number]) => number === '77799'), { timeout: 20_000 }).toBe(true);
  await demandTrueRows();
});

test('colours are styles, markup is text, and reading through it all keeps no memory', async () => {
  expect(await page.title()).not.toBe('1');
  expect(await log().locator('script').count()).toBe(0);
  expect(await log().locator('[style*="--ansi-"]').count()).toBeGreaterThan(5);
  const look = async () => {
    for (let part = 0; part <= 1; part += 0.02) await show(part);
  };
  await look();
  const before = await heapAfterCollection();
  await look();
  expect(before).toBeLessThan(200_000_000);
  expect((await heapAfterCollection()) - before).toBeLessThan(3_000_000);
});

test('the download is what the host wrote, to the byte', async () => {
  const waiting = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download log of line-1' }).click();
  const stored = await readFile(await (await waiting).path());
  const journal = join(rig.hosts.get('line-1')!.root, 'orders/journal');
  const [attempt = ''] = await readdir(journal);
  expect(stored.equals(await readFile(join(journal, attempt, 'log')))).toBe(true);
});
