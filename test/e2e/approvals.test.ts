import { stringify } from 'yaml';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { downloadAndRequest, goToJob } from '../support/journey.ts';
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

const hosts = ['line-1', 'line-2'];
const agreed = { name: 'four-eyes', match: { actions: ['install'] }, required: 1, roles: ['approver'] };

/** Asks for an install that has to wait for approval; answers with the job, whose page it leaves open. */
async function ask(page: Page, version: string): Promise<string> {
  const dialog = await downloadAndRequest(page, version, hosts);
  await dialog.getByText('Waiting for approval', { exact: true }).waitFor();
  return goToJob(page, dialog);
}

async function openApproval(page: Page, id: number): Promise<Locator> {
  await page.getByRole('link', { name: /^Approvals/ }).click();
  await page.getByRole('link', { name: `Approval ${id}`, exact: true }).click();
  const panel = page.getByRole('region', { name: `Approval ${id}`, exact: true });
  await panel.waitFor();
  return panel;
}

/** Presses the button of the request and of the question behind it. */
async function decide(page: Page, panel: Locator, label: 'Approve' | 'Reject', reason?: string): Promise<void> {
  await panel.getByRole('button', { name: label, exact: true }).click();
  const dialog = page.getByRole('dialog');
  if (reason !== undefined) await dialog.getByLabel('Reason').fill(reason);
  await dialog.getByRole('button', { name: label, exact: true }).click();
  await panel.getByRole('note', { name: 'Answer' }).getByText('recorded', { exact: true }).waitFor();
}

test('a plan runs once another person has seen and approved it; one that they reject ends with their reason', async () => {
  rig = await openRig({ hosts, releases: [{ version: '1.0.0' }, { version: '2.0.0' }] });
  await rig.client.call('fleet.apply', {
    file: 'rules.yaml',
    text: stringify({ approvals: [agreed] }),
    prune: false,
  });
  const ana = await signedInPage(browser, rig);
  const ben = await signedInPage(browser, rig, rig.server.url, { name: 'Ben', roles: ['approver'] });

  const first = await ask(ana, '1.0.0');
  await ana.getByText('Waiting for approval', { exact: true }).first().waitFor();
  const wall = await ana.context().newPage();
  await wall.goto('/wall');
  const line = wall.locator('[data-steering="approval"]');
  await line.getByText('0/1 approved (Ana 1)').waitFor();
  expect(await line.textContent()).toContain('orders 1.0.0');

  const desk = await ana.context().newPage();
  await desk.goto('/approvals');
  const own = await openApproval(desk, 1);
  const approve = own.getByRole('button', { name: 'Approve', exact: true });
  expect(await approve.getAttribute('aria-disabled')).toBe('true');
  await own.getByText('This is your own request: somebody else has to approve it.').first().waitFor();

  const seen = await openApproval(ben, 1);
  const plan = seen.getByRole('group', { name: 'The exact plan' });
  await plan.getByText('orders 1.0.0').waitFor();
  for (const host of hosts) await plan.getByText(host, { exact: true }).waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toBe('');
  // Whoever asked is cut off while it is decided, and finds it decided.
  await whileLineIsDown(ana, () => decide(ben, seen, 'Approve'));

  await own.getByText('Approved', { exact: true }).waitFor();
  await ana.getByText('Succeeded', { exact: true }).first().waitFor();
  await seen.getByRole('link', { name: `Job ${first}`, exact: true }).click();
  await ben.getByText('Succeeded', { exact: true }).first().waitFor();
  await expect.poll(() => line.count()).toBe(0);
  for (const host of hosts) expect(await rig.read(host, 'orders/current/release.json')).toContain('"1.0.0"');

  await ask(ana, '2.0.0');
  await line.getByText('0/1 approved (Ana 1)').waitFor();
  await decide(ben, await openApproval(ben, 2), 'Reject', 'Not before the shift ends');
  await ana.getByText('Cancelled', { exact: true }).first().waitFor();
  await ana
    .getByText(/Not before the shift ends/)
    .first()
    .waitFor();
  await expect.poll(() => line.count()).toBe(0);
  const ended = await openApproval(desk, 2);
  await ended
    .getByText(/By Ben.*Not before the shift ends/s)
    .first()
    .waitFor();
  expect(await rig.read('line-1', 'orders/current/release.json')).toContain('"1.0.0"');
});
