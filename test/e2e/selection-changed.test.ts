import { stringify } from 'yaml';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { goToJob } from '../support/journey.ts';
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

/** One more host, which is a folder of the server's own machine. */
async function declare(name: string): Promise<void> {
  const host = { name, environment: 'plant', role: 'target', root: `${rig.folder}/hosts/${name}`, local: true };
  await rig.client.call('fleet.apply', { file: `${name}.yaml`, text: stringify({ hosts: [host] }), prune: false });
}

test('"select all" starts what was seen: a host that came unheard is refused, shown, and started when one looks again', async () => {
  rig = await openRig({ hosts: ['line-1', 'line-2'], releases: [{ version: '1.0.0' }] });
  const page = await signedInPage(browser, rig);
  // A socket that lags behind: the page asks and gets answers, but does not hear what happens.
  let deaf = false;
  await page.routeWebSocket(/socket\.io/, (client) => {
    const server = client.connectToServer();
    client.onMessage((message) => server.send(message));
    server.onMessage((message) => void (deaf || client.send(message)));
  });
  await page.goto('/releases');
  await page.getByRole('button', { name: 'Download orders 1.0.0' }).click();
  const install = page.getByRole('button', { name: 'Install orders 1.0.0' });
  await expect.poll(() => install.getAttribute('aria-disabled')).not.toBe('true');
  await install.click();
  const dialog = page.getByRole('dialog', { name: /Install Update/ });
  await dialog.getByRole('checkbox', { name: 'Select all 2' }).check();
  const now = (hosts: number) => dialog.getByRole('button', { name: `Install Now (${hosts} hosts)` });
  await now(2).waitFor();

  // With the line down nothing can be started; once it is back, the page knows who has come and shows it before one clicks.
  await whileLineIsDown(page, () => declare('line-3'));
  await now(3).waitFor();

  deaf = true;
  await declare('line-4');
  await now(3).click();
  const refusal = '3 hosts matched when you looked, 4 match now. Look at the plan once more, then start it.';
  await dialog.getByText(refusal).first().waitFor();
  expect((await rig.client.call('jobs.list', {})).items.filter(({ kind }) => kind === 'install')).toEqual([]);

  await now(4).click();
  await dialog.getByText('requested as job').waitFor();
  deaf = false;
  await dialog.getByText('Installation started successfully.').waitFor();
  const id = Number(await goToJob(page, dialog));
  const { items } = await rig.client.call('jobs.tasks', { id });
  expect(items.map(({ hostName }) => hostName).sort()).toEqual(['line-1', 'line-2', 'line-3', 'line-4']);
});
