import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { run } from '../../server/cli/run.ts';
import { openTerminal } from '../../server/cli/terminal.ts';
import { rollouts } from '../support/rollout.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet, publish } from '../support/world.ts';

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

/** Both hosts run 1.0.0, and 2.0.0 can be had. */
beforeEach(async () => {
  await site.world.clear();
  token = await site.tokenOf(['operator']);
  await declareFleet(site.world, { targets: 2 });
  await publish(site.world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
  await rollout.report(1, '1.0.0');
  await rollout.report(2, '1.0.0');
});

async function signalbox(line: string, as = token): Promise<number> {
  out = notes = '';
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  return run(words, (json) => ({
    ...openTerminal({ SIGNALBOX_URL: site.url, SIGNALBOX_TOKEN: as }, json),
    write: (text) => void (out += text),
    print: (text) => void (out += `${text}\n`),
    note: (text) => void (notes += `${text}\n`),
    show: (value, lines) => void (out += json ? JSON.stringify(value) : `${lines().join('\n')}\n`),
  }));
}

test('a recall is previewed, wants a reason, rolls off, and is reverted', async () => {
  expect(await signalbox('recall open orders --release 1.0.0 --dry-run')).toBe(0);
  expect(out).toMatch(
    /^covers 1\.0\.0: 2 hosts to roll off\nHOST +ENVIRONMENT .*\nline-1 +plant +1\.0\.0 +starts +2\.0\.0/,
  );
  expect(await signalbox('recall open orders --release 1.0.0')).toBe(2);
  expect(notes).toContain('--reason');
  expect(await signalbox('recall open orders --release 1.0.0 --reason "loses orders"')).toBe(0);
  expect(out).toMatch(
    /^recall 1 of 1\.0\.0 \(forward\) by token .*: loses orders\njob 3 roll-off 2\.0\.0: queued, wave 1 of 3, 2 pending\n$/,
  );
  expect(await signalbox('recall list')).toBe(0);
  expect(out).toMatch(/\n1 +orders +1\.0\.0 +forward +loses orders +token \S+ +stands/);
  expect(await signalbox('recall show 1')).toBe(0);
  expect(out).toMatch(/line-2 +plant +1\.0\.0 +under way +2\.0\.0/);
  expect(await signalbox('recall roll-off 1')).toBe(1);
  expect(await signalbox('recall revert 1 --reason "was the network"')).toBe(0);
  expect(out).toBe('reverted recall 1 of 1.0.0\n');
  expect(await signalbox('recall revert 1 --reason "again"')).toBe(1);
  expect(await signalbox('recall list')).toBe(0);
  expect(out).toBe('nothing is recalled\n');
});

test('ranges, exclusions, floors and freezes are told apart, and what cannot be is refused', async () => {
  expect(await signalbox('recall open orders --from 1.0.0 --except 2.0.0 --floor 0.5.0 --reason x')).toBe(0);
  expect(out).toContain('recall 1 of [1.0.0, ∞) without 2.0.0 (downgrade to 0.5.0 or newer)');
  expect(
    await signalbox('recall open orders --from 1.0.0 --before 2.0.0 --freeze-until 2099-01-01T00:00Z --reason x'),
  ).toBe(0);
  expect(out).toContain('recall 2 of [1.0.0, 2.0.0) (freeze until 2099-01-01 00:00 UTC)');
  expect(await signalbox('recall open orders --reason x')).toBe(2);
  expect(await signalbox('recall open orders --release 1.0.0 --before 2.0.0 --reason x')).toBe(2);
  expect(await signalbox('recall open orders --release 9.0.0 --reason x')).toBe(1);
  expect(notes).toContain('there is no release 9.0.0');
  expect(await signalbox('recall open orders --release 1.0.0 --reason x', await site.tokenOf(['viewer']))).toBe(4);
});
