import { gunzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { everythingStored } from '../support/database.ts';
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

/** Declared to the server; the second has a blank and an accent. */
const DECLARED = ['Tr0ub4dor&3', 'plänt key 77'];
/** Declared to nobody, known by how they look. */
const KNOWN = [
  'AKIAIOSFODNN7EXAMPLE',
  `ghp_${'b7'.repeat(18)}`,
  'xoxb-1234567890-abcdefgh',
  'correct-horse-9',
  'dbpass-4411',
  'MC4CAQAwBQYDK2VwBCIEIHdyaXR0ZW5vdXQK',
];
const ALL = [...DECLARED, ...KNOWN];

/** Whole, in the environment, on the error output, in JSON and URLs, and in halves that arrive apart. */
const LEAKS = `
export DB_PASSWORD='${KNOWN[3]}'
env | grep DB_PASSWORD
echo "login with ${DECLARED[0]} and ${DECLARED[1]}" >&2
printf 'key ${KNOWN[0]!.slice(0, 9)}'; sleep 0.4; printf '${KNOWN[0]!.slice(9)} sent\\n'
printf '${DECLARED[0]!.slice(0, 5)}'; sleep 0.4; printf '${DECLARED[0]!.slice(5)} again\\n'
echo '{"token": "${KNOWN[1]}", "slack": "${KNOWN[2]}"}'
echo "postgres://app:${KNOWN[4]}@db/orders"
printf '%s\\n' '-----BEGIN PRIVATE KEY-----' '${KNOWN[5]}' '-----END PRIVATE KEY-----'
echo "what is no secret stays"
`;

test('secrets that a hook prints, in any form, are nowhere: not in the database, the API, the page or the evidence', async () => {
  rig = await openRig({
    hosts: ['line-1', 'line-2'],
    releases: [
      {
        version: '1.0.0',
        hooks: { 'pre-install': LEAKS, 'post-install': `${LEAKS}\nprintf '${DECLARED[0]}'; exit 9` },
      },
    ],
    settings: { SIGNALBOX_SECRETS: DECLARED.join(',') },
  });
  const page = await signedInPage(browser, rig);
  const id = Number(await downloadAndInstall(page, '1.0.0', ['line-1', 'line-2']));
  await page.getByText('Failed', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: 'Show line-1' }).click();
  await page.getByLabel('Log of line-1').getByText('what is no secret stays').first().waitFor();

  await whileLineIsDown(page);
  const { items: tasks } = await rig.client.call('jobs.tasks', { id });
  const answers = await Promise.all([
    rig.client.call('jobs.show', { id }),
    rig.client.call('activities.list', {}),
    rig.client.call('incidents.list', {}),
    ...tasks.map((task) => rig.client.call('tasks.log', { id: task.id, from: 0 })),
  ]);
  const evidence = await fetch(`${rig.server.url}/api/v1/jobs/${id}/evidence.tar.gz`, {
    headers: { authorization: `Bearer ${rig.token}` },
  });
  const places = {
    database: await everythingStored(rig.database.url),
    api: JSON.stringify([tasks, answers]),
    page: await page.content(),
    evidence: gunzipSync(Buffer.from(await evidence.arrayBuffer())).toString('utf8'),
    server: rig.server.output(),
  };
  for (const [place, text] of Object.entries(places)) {
    // Latin-1 as well: bytes of the database are read so.
    for (const secret of ALL.flatMap((one) => [one, Buffer.from(one).toString('latin1')])) {
      expect(text.includes(secret), `${secret} in the ${place}`).toBe(false);
    }
    if (place !== 'server') expect(text, place).toContain('what is no secret stays');
  }
  expect(places.evidence).toContain('login with ******** and ********');
});
