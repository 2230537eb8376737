import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { run } from '../../server/cli/run.ts';
import { openTerminal } from '../../server/cli/terminal.ts';
import { rollouts } from '../support/rollout.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareSubscribers } from '../support/subscribers.ts';
import { publish } from '../support/world.ts';

let site: Site;
let rollout: ReturnType<typeof rollouts>;
let token: string;
let out: string;
let notes: string;

beforeAll(async () => {
  site = await openSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
  rollout = rollouts(site.world);
});
afterAll(() => site.close());

/** `shop` is a customer by KOTS, `plant` has one host that runs 1.0.0; 2.0.0 and 3.0.0 are out. */
beforeEach(async () => {
  await site.world.clear();
  token = await site.tokenOf(['admin']);
  await declareSubscribers(site, { shop: 'kots-1.128' }, { managed: ['line-1'] });
  await publish(site.world, ['1.0.0']);
  await rollout.download([1]);
  await rollout.install(1, [1]);
  await rollout.finish();
  await publish(site.world, ['2.0.0', '3.0.0']);
  await rollout.download([2, 3]);
});

/** One command line, spoken to the server over HTTP as always. Words in quotes stay together. Answers with the exit code. */
async function signalbox(line: string): Promise<number> {
  out = notes = '';
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  return run(words, (json) => ({
    ...openTerminal({ SIGNALBOX_URL: site.url, SIGNALBOX_TOKEN: token }, json),
    write: (text) => void (out += text),
    print: (text) => void (out += `${text}\n`),
    note: (text) => void (notes += `${text}\n`),
    show: (value, lines) => void (out += json ? JSON.stringify(value) : `${lines().join('\n')}\n`),
  }));
}

test('archive, require and edit change a release, and say before what they would mean', async () => {
  expect(await signalbox('archive orders 1.0.0 --dry-run')).toBe(0);
  expect(out).toMatch(/plant +stable +sees it +plant runs it and goes on running it\./);
  expect(await signalbox('archive orders 1.0.0 --reason "old"')).toBe(0);
  await signalbox('releases');
  expect(out).not.toContain('1.0.0');
  expect(await signalbox('unarchive orders 1.0.0')).toBe(0);
  expect(await signalbox('require orders 2.0.0 --dry-run')).toBe(0);
  expect(out).toMatch(/plant +stable +gated_now +plant may not skip it from now on: 3\.0\.0\./);
  expect(await signalbox('require orders 2.0.0')).toBe(0);
  expect(await signalbox('require orders 2.0.0')).toBe(1);
  expect(notes).toContain('required already');
  expect(await signalbox('edit orders 2.0.0 --notes "Faster." --labels hotfix=true,ring=2')).toBe(0);
  expect(await signalbox('edit orders 2.0.0')).toBe(2);
  expect(await signalbox('unrequire orders 2.0.0')).toBe(0);
});

test('history tells every entry, demoted ones with who, when and why', async () => {
  await signalbox('demote orders 2.0.0 stable --reason "it leaks"');
  expect(await signalbox('history orders stable')).toBe(0);
  expect(out).toMatch(/^orders\/stable: 3\.0\.0 is the newest\n/);
  expect(out).toMatch(/\n2 +2\.0\.0 .* by token test: it leaks/);
  await signalbox('demote orders 3.0.0 stable --reason "x"');
  await signalbox('demote orders 1.0.0 stable --reason "x"');
  await signalbox('history orders stable');
  expect(out).toMatch(/^Channel stable: no active release\.\n/);
  expect(await signalbox('history orders stabel')).toBe(2);
  expect(notes).toContain('Did you mean stable?');
});

test('a client is listed, checked, shown and noted', async () => {
  expect(await signalbox('clients')).toBe(0);
  expect(out).toMatch(/shop +orders\/stable +kots 1\.128\.0 +nothing +never +every 4 h/);
  expect(await signalbox('client check shop orders')).toBe(0);
  expect(out).toBe('+ 3.0.0\n+ 2.0.0\n+ 1.0.0\n');
  expect(await signalbox('client deployed shop orders 1.0.0')).toBe(0);
  await signalbox('require orders 2.0.0');
  await signalbox('client check shop orders');
  expect(await signalbox('client shop orders')).toBe(0);
  expect(out).toMatch(/3\.0\.0 +no +Deploy of 3\.0\.0 refused: 2\.0\.0 must not be skipped/);
  expect(await signalbox('client deployed shop orders 3.0.0')).toBe(1);
  expect(await signalbox('client token shop orders')).toBe(0);
  expect(out).toMatch(/^sbc_\S+\n$/);
  expect(await signalbox('client token shop orders --revoke')).toBe(0);
});

test('adoption and the matrix tell who runs what and what blocks the way', async () => {
  await signalbox('require orders 2.0.0');
  expect(await signalbox('adoption orders stable')).toBe(0);
  expect(out).toMatch(/1\.0\.0 +1 +1 +2/);
  expect(await signalbox('matrix')).toBe(0);
  expect(out).toMatch(
    /plant +orders +stable +1\.0\.0 +2\.0\.0 +Deploy of 3\.0\.0 refused: 2\.0\.0 must not be skipped/,
  );
});

test('install offers the way over a required release, and goes it', async () => {
  await signalbox('require orders 2.0.0');
  expect(await signalbox('install orders 3.0.0 --all --dry-run')).toBe(1);
  expect(out).toContain('--path goes over 2.0.0 on 1, then 3.0.0 on 1');
  expect(await signalbox('install orders 3.0.0 --all --path')).toBe(0);
  await rollout.finish();
  await signalbox('hosts');
  expect(out).toMatch(/line-1 .* 3\.0\.0/);
});
