import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { openRig, type Rig } from '../support/rig.ts';
import { signedInPage } from '../support/signed-in-page.ts';
import { METHODS, methods, subscribersOf, type Method, type Subscriber } from '../support/subscribers.ts';
import { whileLineIsDown } from '../support/line-down.ts';

let browser: Browser;
let rig: Rig;
let subscribers: Record<Method, Subscriber>;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(() => rig?.close());

/** What a client that looked before the demotion shows of the release after it, and after its next check. Document 001. */
const story: Record<Method, { before: 'Yes' | 'No' | 'gone'; after: 'Yes' | 'gone' }> = {
  helm: { before: 'gone', after: 'gone' },
  'embedded-cluster': { before: 'No', after: 'gone' },
  'kots-1.128': { before: 'Yes', after: 'gone' },
  'kots-1.127': { before: 'Yes', after: 'Yes' },
  'kots-1.126': { before: 'Yes', after: 'Yes' },
  'kots-1.125': { before: 'Yes', after: 'Yes' },
  'kurl-1.128': { before: 'Yes', after: 'gone' },
  'kurl-1.125': { before: 'Yes', after: 'Yes' },
};

/** Every method as an environment; each client has looked, and runs 1.0.0. */
async function openFleet(...more: string[]): Promise<Page> {
  const releases = [
    { version: '1.0.0' },
    { version: '2.0.0', notes: 'Faster.' },
    ...more.map((version) => ({ version })),
  ];
  rig = await openRig({ hosts: ['line-1'], releases });
  const environments = Object.entries(METHODS).map(
    ([name, method]) => `  - { name: ${name}, installer: ${method}, subscriptions: { orders: stable } }`,
  );
  const text = ['environments:', ...environments].join('\n');
  await rig.client.call('fleet.apply', { file: 'customers.yaml', text, prune: false });
  await expect.poll(async () => (await rig.client.call('releases.list', {})).items.length).toBe(releases.length);
  subscribers = await subscribersOf({ url: rig.server.url }, rig.client, methods);
  for (const method of methods) {
    await subscribers[method].check();
    await subscribers[method].deployed('1.0.0');
  }
  return signedInPage(browser, rig);
}

/** The environment's page, by way of the matrix. */
async function openEnvironment(page: Page, name: string) {
  await page.getByRole('link', { name: 'Environments', exact: true }).first().click();
  await page.getByRole('link', { name, exact: true }).click();
  const client = page.getByRole('region', { name: 'Client of orders' });
  await client.getByRole('row', { name: '1.0.0', exact: true }).waitFor();
  return client;
}

/** What the page says of 2.0.0 for this client. */
async function expectShown(page: Page, name: string, shown: 'Yes' | 'No' | 'gone'): Promise<void> {
  const client = await openEnvironment(page, name);
  const row = client.getByRole('row', { name: '2.0.0', exact: true });
  if (shown === 'gone') return expect.poll(() => row.count(), { message: `${name} sees 2.0.0` }).toBe(0);
  await row.getByText(shown, { exact: true }).waitFor();
  await row.getByText('demoted', { exact: true }).waitFor();
}

test('the story of a demotion, as the pages of every kind of client tell it, before and after a check', async () => {
  const page = await openFleet();

  await page.getByRole('link', { name: 'Channels', exact: true }).click();
  await page.getByRole('button', { name: 'Demote orders 2.0.0' }).click();
  const dialog = page.getByRole('dialog', { name: 'Demote orders 2.0.0' });
  // The preview says it before the click, with counts.
  await dialog.getByText('disappears at the next check').waitFor();
  await dialog.getByText('helm no longer sees it from the moment of the demotion.').waitFor();
  await dialog.getByText('kots-1.128 sees it until its next check.').waitFor();
  await dialog.getByText('kots-1.125 goes on seeing it: no check will hide it.').waitFor();
  await dialog.getByLabel('Reason').fill('it leaks');
  await dialog.getByRole('button', { name: 'Demote on stable' }).click();
  const row = page.getByRole('row', { name: '2.0.0', exact: true });
  await row.locator('s').getByText('2.0.0').waitFor();
  await row.getByText('it leaks').waitFor();

  for (const method of methods) await expectShown(page, method, story[method].before);
  for (const method of methods) await subscribers[method].check();
  for (const method of methods) await expectShown(page, method, story[method].after);

  await whileLineIsDown(page, () =>
    rig.client.call('releases.undemote', { id: 2, channel: 'stable', reason: 'it was the sensor' }),
  );
  const client = await openEnvironment(page, 'kots-1.128');
  expect(await client.getByRole('row', { name: '2.0.0', exact: true }).count()).toBe(0);
  await client.getByText('Not seen here').click();
  await client.getByText('2.0.0 appears with the next check.').waitFor();
  await client.getByRole('button', { name: 'Check now for orders' }).click();
  await client.getByText('Checked: 2.0.0 appeared.').waitFor();
  await client.getByRole('row', { name: '2.0.0', exact: true }).getByText('Yes', { exact: true }).waitFor();

  await client.getByRole('link', { name: 'As its portal shows it' }).click();
  const portal = page.getByRole('article', { name: 'orders 2.0.0' });
  await portal.getByText('Faster.').waitFor();
  await page.getByText('Open the Admin Console and choose Version history.').waitFor();
});

test('a deploy that nobody reports is noted by who may, as the installer allows it; everybody else reads why not', async () => {
  const page = await openFleet();
  const eve = await signedInPage(browser, rig, rig.server.url, { name: 'Eve', roles: ['viewer'] });
  const hers = await openEnvironment(eve, 'kots-1.128');
  const button = (client: Locator, version: string) => client.getByRole('button', { name: `Deployed ${version} …` });
  expect(await button(hers, '2.0.0').getAttribute('aria-disabled')).toBe('true');
  expect(await button(hers, '2.0.0').getAttribute('title')).toContain('it needs the role operator, you are viewer');

  const client = await openEnvironment(page, 'kots-1.128');
  await button(client, '2.0.0').click();
  const dialog = page.getByRole('dialog', { name: 'Deploy of orders 2.0.0 in kots-1.128' });
  await dialog.getByRole('radio', { name: 'It was deployed, and failed' }).check();
  await dialog.getByRole('button', { name: 'Note deploy' }).click();
  await client.getByText('Runs 2.0.0 (failed).').waitFor();
  await hers.getByText('Runs 2.0.0 (failed).').waitFor();

  await rig.client.call('releases.demote', { id: 2, channel: 'stable', reason: 'it leaks' });
  const embedded = await openEnvironment(page, 'embedded-cluster');
  const why = 'Deploy of 2.0.0 refused: it is demoted on this channel';
  await expect.poll(() => button(embedded, '2.0.0').getAttribute('title')).toContain(why);

  await openEnvironment(page, 'kots-1.128');
  await button(client, '2.0.0').click();
  await dialog.getByRole('button', { name: 'Note deploy' }).click();
  await client.getByText('Runs 2.0.0.').waitFor();

  const managed = await openEnvironment(page, 'plant');
  expect(await managed.getByRole('button', { name: /^Deployed/ }).count()).toBe(0);
});

test('a release that becomes required gates who learns of it, as the dialog has said', async () => {
  const page = await openFleet('3.0.0');
  await page.getByRole('link', { name: 'Channels', exact: true }).click();
  await page.getByRole('button', { name: 'Change orders 2.0.0' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change orders 2.0.0' });
  await dialog.getByText('5 environments of 9 gated by it').waitFor();
  await dialog.getByText('kots-1.127 may not skip it once its next check has told it so: 3.0.0.').waitFor();
  await dialog.getByText('kots-1.125 is not stopped by it.').waitFor();
  await dialog.getByRole('button', { name: 'Mark as required' }).click();
  await page.getByRole('row', { name: '2.0.0', exact: true }).getByText('required', { exact: true }).waitFor();

  const told = async (method: Method, required: boolean) => {
    await subscribers[method].check();
    const client = await openEnvironment(page, method);
    const mark = client.getByRole('row', { name: '2.0.0', exact: true }).getByText('required', { exact: true });
    const newest = client.getByRole('row', { name: '3.0.0', exact: true });
    await newest.getByText(required ? 'No' : 'Yes', { exact: true }).waitFor();
    expect(await mark.count()).toBe(required ? 1 : 0);
  };
  await told('kots-1.127', true);
  await told('kots-1.125', false);

  await page.getByRole('link', { name: 'Channels', exact: true }).first().click();
  await page.getByRole('button', { name: 'Adoption' }).click();
  const adopted = page.getByRole('row', { name: '1.0.0', exact: true });
  await adopted.getByText('8', { exact: true }).waitFor();
});
