import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { AttemptPlan } from '../../server/hosts/contract.ts';
import { launchBrowser } from '../support/browser.ts';
import { journalState } from '../support/host-journal.ts';
import { downloadAndInstall } from '../support/journey.ts';
import { killAllSteps } from '../support/kill-steps.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { until } from '../support/until.ts';

let browser: Browser;
let rig: Rig;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(() => rig?.close());

/** Never ends the first time; counts its runs. */
const endless = `echo run >> "$SIGNALBOX_ROOT/runs"
[ "$(wc -l < "$SIGNALBOX_ROOT/runs")" -gt 1 ] || exec sleep 600`;

test('a hook that was lost in a reboot is run again when a person says so in the console, and only then', async () => {
  rig = await openRig({ hosts: ['line-1'], releases: [{ version: '1.0.0', hooks: { 'post-install': endless } }] });
  const page = await signedInPage(browser, rig);
  const id = await downloadAndInstall(page, '1.0.0', ['line-1']);
  await until('the hook', () => rig.read('line-1', 'runs'));
  const { root } = rig.hosts.get('line-1')!;
  const { attempt } = journalState(root, 'orders')!;
  expect(killAllSteps({ root, product: 'orders', attempt } as AttemptPlan)).toBeGreaterThan(0);

  const actions = page.getByRole('group', { name: `Actions of job ${id}` });
  await actions.getByRole('button', { name: 'Re-run failed (1)' }).click();
  const dialog = page.getByRole('dialog', { name: 'Re-run failed (1)?' });
  await dialog.getByRole('button', { name: 'Re-run failed (1)' }).click();
  await dialog.getByText(/nobody knows how the hook on line-1 ended/).waitFor();
  expect(await rig.read('line-1', 'runs')).toBe('run\n');

  await dialog.getByRole('checkbox', { name: /Run a hook again where nobody knows how it ended/ }).check();
  await dialog.getByRole('button', { name: 'Re-run failed (1)' }).click();
  const again = await until('the job that runs it again', async () => {
    const { items } = await rig.client.call('jobs.list', {});
    return items.find(({ parentJobId, status }) => parentJobId === Number(id) && status === 'succeeded');
  });
  expect(again.counts).toMatchObject({ succeeded: 1 });
  expect(await rig.read('line-1', 'runs')).toBe('run\nrun\n');
});
