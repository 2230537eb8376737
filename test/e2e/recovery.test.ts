import { gunzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { downloadAndInstall } from '../support/journey.ts';
import { whileLineIsDown } from '../support/line-down.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';

let browser: Browser;
let rig: Rig;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(() => rig?.close());

/** Fails where a file says so, so that one release is good on one host and bad on another. */
const breakable = { 'post-install': 'if [ -e "$SIGNALBOX_ROOT/broken" ]; then echo "no disk" >&2; exit 7; fi' };

/** From the job's page to its incident. */
async function openIncident(page: Page): Promise<void> {
  await page.getByRole('note', { name: 'Incident of this job' }).getByRole('link').click();
  await page.getByRole('region', { name: /^Incident \d+$/ }).waitFor();
}

async function acknowledge(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await page
    .getByRole('region', { name: 'Requests' })
    .getByText(/is acknowledged/)
    .waitFor();
}

/** Kills the server under console and wall, and starts it again where it was. */
async function loseServer(console: Page, wall: Page): Promise<void> {
  const port = new URL(rig.server.url).port;
  expect(await rig.server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
  for (const page of [console, wall]) await page.getByText('RECONNECTING').first().waitFor();
  await rig.restart({ SIGNALBOX_PORT: port });
  for (const page of [console, wall])
    await page.getByText('LIVE', { exact: true }).first().waitFor({ timeout: 60_000 });
}

/** The evidence of a job as text, read as the page's own link would. */
async function evidenceOf(page: Page, jobId: string): Promise<string> {
  const link = page.getByRole('link', { name: `Download the evidence of job ${jobId}` });
  const base64 = await page.evaluate(
    async (href) => {
      const answer = await fetch(href);
      if (!answer.ok) throw new Error(`evidence answered ${answer.status}`);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    },
    (await link.getAttribute('href'))!,
  );
  return gunzipSync(Buffer.from(base64, 'base64')).toString('latin1');
}

test('a host that fails goes back to its known-good release, the hold is seen, and the incident is resolved', async () => {
  rig = await openRig({
    hosts: ['line-1', 'line-2'],
    releases: [{ version: '1.0.0' }, { version: '2.0.0', hooks: breakable }],
  });
  const page = await signedInPage(browser, rig);
  await downloadAndInstall(page, '1.0.0', ['line-1', 'line-2']);
  await page.getByText('Succeeded', { exact: true }).first().waitFor();

  await rig.write('line-1', 'broken', '');
  const failed = await downloadAndInstall(page, '2.0.0', ['line-1', 'line-2'], { leave: true });
  await page.getByText('Failed', { exact: true }).first().waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toContain('"2.0.0"');

  const wall = await page.context().newPage();
  await wall.goto('/wall');
  const lines = wall.getByRole('region', { name: 'Incidents, approvals and holds' });
  await lines.getByText(`Install orders 2.0.0, job ${failed}`).waitFor();

  await loseServer(page, wall);
  await lines.getByText(`Install orders 2.0.0, job ${failed}`).waitFor();
  await openIncident(page);
  await acknowledge(page);
  await expect.poll(() => wall.locator('[data-steering="incident"]').count()).toBe(0);

  await page.goto(`/jobs/${failed}`);
  await page.getByRole('button', { name: 'Roll back affected (1)' }).click();
  const dialog = page.getByRole('dialog', { name: `Roll back job ${failed}` });
  const row = dialog.getByRole('row').filter({ has: page.getByRole('checkbox', { name: 'line-1' }) });
  await row.getByText('1.0.0, still on the host').waitFor();
  expect(await dialog.getByRole('checkbox', { name: 'line-1' }).isChecked()).toBe(true);
  expect(await dialog.getByRole('checkbox', { name: 'line-2' }).count()).toBe(0);
  await dialog.getByLabel('Reason').fill('2.0.0 does not start');
  await dialog.getByRole('button', { name: 'Roll Back Now (1 host)' }).click();
  await dialog.getByRole('link', { name: /Go to job \d+/ }).click();
  await page.getByRole('heading', { name: /Rollback orders 1\.0\.0/ }).waitFor();
  await page.getByText('Succeeded', { exact: true }).first().waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toContain('"1.0.0"');

  await page.getByRole('link', { name: /^Holds/ }).click();
  await page.getByRole('table', { name: 'Holds in force' }).getByText('orders 2.0.0 on host line-1').waitFor();
  await page.getByRole('link', { name: 'Releases', exact: true }).first().click();
  const release = page.getByRole('row').filter({ has: page.getByRole('button', { name: 'Install orders 2.0.0' }) });
  await release.getByText('held').waitFor();

  await page.goto(`/jobs/${failed}`);
  await openIncident(page);
  const timeline = page.getByRole('table', { name: /^Timeline of incident/ });
  await timeline.getByText(/rollback to 1\.0\.0 \(job \d+\) succeeded/).waitFor();
  await page.getByRole('button', { name: 'Resolve', exact: true }).click();
  await page.getByRole('dialog').getByLabel('How it was resolved').fill('Rolled back; the disk is replaced.');
  await page.getByRole('dialog').getByRole('button', { name: 'Resolve', exact: true }).click();
  await page
    .getByRole('region', { name: /^Incident \d+$/ })
    .getByText('Resolved', { exact: true })
    .first()
    .waitFor();
});

test('without a known-good release nothing is installed: the job is halted, the product held, the incident open with evidence', async () => {
  rig = await openRig({ hosts: ['line-1', 'line-2'], releases: [{ version: '1.0.0', hooks: breakable }] });
  await rig.write('line-1', 'broken', '');
  const page = await signedInPage(browser, rig);
  const failed = await downloadAndInstall(page, '1.0.0', ['line-1', 'line-2'], { leave: true });
  await page.getByText('Failed', { exact: true }).first().waitFor();

  await page.getByRole('button', { name: 'Roll back affected (1)' }).click();
  const dialog = page.getByRole('dialog', { name: `Roll back job ${failed}` });
  await dialog.getByRole('note', { name: 'Hosts without a known-good release' }).getByText('line-1').waitFor();
  await dialog.getByLabel('Reason').fill('1.0.0 does not start');
  await dialog.getByRole('button', { name: 'Roll Back Now (1 host)' }).click();
  await dialog
    .getByText(/found no known-good release for line-1/)
    .first()
    .waitFor();
  await dialog.getByRole('link', { name: /Go to incident \d+/ }).click();

  await page
    .getByRole('region', { name: /^Incident \d+$/ })
    .getByText('Open', { exact: true })
    .first()
    .waitFor();
  const evidence = await evidenceOf(page, failed);
  expect(evidence).toContain('SHA256SUMS');
  expect(evidence).toContain('no disk');

  await page.getByRole('link', { name: /^Holds/ }).click();
  await page.getByRole('table', { name: 'Holds in force' }).getByText('orders in plant').waitFor();
  const wall = await page.context().newPage();
  await wall.goto('/wall');
  const lines = wall.getByRole('region', { name: 'Incidents, approvals and holds' });
  await lines.getByText(`Install orders 1.0.0, job ${failed}`).waitFor();
  await lines.getByText('orders in plant').waitFor();

  // Released while nobody is told: the wall keeps what it knew, says that it may not be so any more, and then follows.
  const [hold] = (await rig.client.call('holds.list', {})).items;
  await whileLineIsDown(wall, async () => {
    await rig.client.call('holds.release', { id: hold!.id, reason: 'Looked at it' });
    expect(await lines.getByText('orders in plant').count()).toBe(1);
  });
  await expect.poll(() => lines.getByText('orders in plant').count()).toBe(0);
  await lines.getByText(`Install orders 1.0.0, job ${failed}`).waitFor();
  const { items } = await rig.client.call('jobs.list', {});
  expect(items.filter(({ kind }) => kind === 'rollback')).toEqual([]);
});
