import { gunzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { api } from '../../server/contracts/api.ts';
import type { Endpoint } from '../../server/contracts/endpoint.ts';
import { streams } from '../../server/http/streams.ts';
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

/** Where the log of the hook has to be found, so that a search there means something. */
const SHOWS_LOG = ['database', 'api', 'page of the job', 'evidence'];

async function answerTo(path: string): Promise<{ ok: boolean; body: Buffer }> {
  const headers = { authorization: `Bearer ${rig.token}` };
  const answer = await fetch(`${rig.server.url}/api/v1${path}`, { headers });
  return { ok: answer.ok, body: Buffer.from(await answer.arrayBuffer()) };
}

/** What every question that changes nothing is answered with, about each thing that there is here. */
async function everyAnswer(): Promise<string[]> {
  const asked = Object.values(api as Record<string, Endpoint>).filter(({ method }) => method === 'GET');
  const paths = [...asked.map(({ path }) => path), streams['tasks.logText'].path, streams['board.show'].path];
  const each = paths.flatMap((path) =>
    path.includes(':id') ? [1, 2].map((n) => path.replace(':id', String(n))) : path,
  );
  const answers = await Promise.all(each.map(async (path) => ({ path, ...(await answerTo(path)) })));
  const answered = answers.filter(({ ok }) => ok).map(({ path }) => path);
  // What is left belongs to people and displays, or to things that are not here.
  expect(answered).toEqual(
    expect.arrayContaining(['/board', '/activities', '/hosts/1', '/jobs/2', '/tasks/1/log.txt', '/incidents/1']),
  );
  return answers.map(({ path, body }) => `${path} ${body.toString('utf8')}`);
}

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
  const jobPage = await page.content();
  await page.goto('/incidents/1');
  await page.getByText('line-1').first().waitFor();
  const places = {
    database: await everythingStored(rig.database.url),
    api: (await everyAnswer()).join('\n'),
    'page of the job': jobPage,
    evidence: gunzipSync((await answerTo(`/jobs/${id}/evidence.tar.gz`)).body).toString('utf8'),
    'page of the incident': await page.content(),
    server: rig.server.output(),
  };
  for (const [place, text] of Object.entries(places)) {
    // Latin-1 as well: bytes of the database are read so.
    for (const secret of ALL.flatMap((one) => [one, Buffer.from(one).toString('latin1')])) {
      expect(text.includes(secret), `${secret} in the ${place}`).toBe(false);
    }
    if (SHOWS_LOG.includes(place)) expect(text, place).toContain('what is no secret stays');
  }
  expect(places.evidence).toContain('login with ******** and ********');
});
