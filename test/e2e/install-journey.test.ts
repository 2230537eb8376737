import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
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

const says = (script: string) => ({ 'post-install': script });

test('Download → Install → select hosts → Install Now → Activity → completed, seen live', async () => {
  rig = await openRig({
    hosts: ['mgmt-1', 'line-1', 'line-2'],
    releases: [{ version: '1.0.0', notes: 'Faster labels.', hooks: says('echo "hello from $SIGNALBOX_VERSION"') }],
  });
  const page = await signedInPage(browser, rig);
  await page.getByRole('button', { name: 'View notes of orders 1.0.0' }).click();
  await page.getByText('Faster labels.').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).click();

  const id = await downloadAndInstall(page, '1.0.0', ['mgmt-1', 'line-1']);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Show line-1' }).click();
  await page.getByRole('list', { name: 'Steps on line-1' }).getByText('post-install').waitFor();
  await page.getByLabel('Log of line-1').getByText('hello from 1.0.0').waitFor();

  await whileLineIsDown(page);
  // A host that is stopped is shown so, by name.
  await rig.hosts.get('line-2')?.stop();
  await page.getByRole('link', { name: 'Hosts' }).click();
  await page
    .getByRole('row', { name: /line-2/ })
    .getByText(/Unreachable/i)
    .waitFor();

  await page.getByRole('link', { name: 'Activity' }).click();
  await page.getByRole('link', { name: `Job ${id}`, exact: true }).waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toContain('"1.0.0"');
  expect(await rig.read('line-2', 'orders/current/release.json')).toBe('');
});

test('a host that fails: the job halts, the page names it with its reason, and only it is re-run', async () => {
  rig = await openRig({
    hosts: ['line-1', 'line-2', 'line-3'],
    releases: [
      { version: '1.0.0', hooks: says('if [ -e "$SIGNALBOX_ROOT/broken" ]; then echo "no disk" >&2; exit 7; fi') },
    ],
  });
  await rig.write('line-1', 'broken', '');
  const page = await signedInPage(browser, rig);
  const id = await downloadAndInstall(page, '1.0.0', ['line-1', 'line-2', 'line-3'], { all: true });
  await page.getByText('Failed', { exact: true }).first().waitFor();
  const row = page.getByRole('row').filter({ has: page.getByRole('button', { name: 'Show line-1' }) });
  await row.getByText(/exit code 7/).waitFor();
  await page.getByRole('button', { name: 'Show line-1' }).click();
  await page.getByLabel('Log of line-1').getByText('no disk').waitFor();
  expect(await rig.read('line-2', 'orders/current/release.json')).toBe('');

  const wall = await page.context().newPage();
  await wall.goto('/wall');
  await wall.getByText('line-1').first().waitFor();
  await wall
    .getByText(new RegExp(`Job ${id} (halted|failed)`))
    .first()
    .waitFor();

  await rig.write('line-1', 'mended', '');
  const { unlink } = await import('node:fs/promises');
  await unlink(`${rig.hosts.get('line-1')!.root}/broken`);
  await page.getByRole('button', { name: 'Re-run failed (1)' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Re-run failed/ })
    .click();
  await page.getByText(/Job \d+ re-runs job/).waitFor();
  const rerun = Number(id) + 1;
  await page.goto(`/jobs/${rerun}`);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  const { items } = await rig.client.call('jobs.tasks', { id: rerun });
  expect(items.map(({ hostName, status }) => [hostName, status])).toEqual([['line-1', 'succeeded']]);
});
