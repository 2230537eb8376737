import { existsSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AttemptPlan } from '../../server/hosts/contract.ts';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import { currentVersion, follow, install, nothingHeard, planOf, releasesOn } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import {
  BROKEN_ON_HOST,
  file,
  HOOKS_ON_HOST,
  HOSTILE_ON_HOST,
  link,
  MILLION_ON_HOST,
  SHRUNK_ON_HOST,
  SPARSE_ON_HOST,
} from '../support/hostile/host-packages.ts';
import { tinyFiles } from '../support/hostile/tiny-files.ts';
import { killAllSteps } from '../support/kill-steps.ts';
import { buildPackage, packEntries, sealed } from '../support/package.ts';
import type { BuiltPackage } from '../support/package.ts';
import { stoppingAt, toolSets } from '../support/shells.ts';
import { until } from '../support/until.ts';

describe.each(toolSets())('hostile packages on a host with $name', ({ env }) => {
  test.each(HOSTILE_ON_HOST)(
    '$what: refused as $code, and nothing is left behind',
    async ({ code, entries, changes }) => {
      const { root, final } = await run(env, await packEntries([file('VERSION', '1.0.0\n'), ...entries]), changes);
      expect(final).toMatchObject({ outcome: 'failed', step: 'unpack', code, current: null });
      nothingLeft(root);
    },
  );

  test.each(BROKEN_ON_HOST)('$what: refused as $code, and nothing is left behind', async ({ code, step, build }) => {
    const { root, final } = await run(env, await build());
    expect(final).toMatchObject({ outcome: 'failed', step, code, current: null });
    nothingLeft(root);
  });

  test('links inside the folder, odd names and set-uid bits are survived', async () => {
    const built = await buildPackage({
      version: '1.0.0',
      hooks: { health: 'cat bin/app "with space/-rf"' },
      extra: [
        { name: 'lib/app', mode: 0o4755, content: 'app\n' },
        link('bin/app', '../lib/app'),
        link('latest', 'lib'),
        file('with space/-rf', 'dash\n'),
        file('.signalbox', 'a lie'),
      ],
    });
    const { root, final } = await run(env, built);
    expect(final).toMatchObject({ outcome: 'succeeded', current: { version: '1.0.0', digest: built.digest } });
    expect(statSync(join(root, 'shop', 'current', 'lib', 'app')).mode & 0o7777).toBe(0o555);
  });
});

describe('hooks as they should not be', () => {
  test.each(HOOKS_ON_HOST)('$what: ends as $code', async ({ code, entry, changes, log }) => {
    const root = await hostRoot();
    const session = await localDriver().open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
    const before = await buildPackage({ version: '0.9.0' });
    await install(session, planOf(root, '0.9.0', before), before);
    const built = await buildPackage({ version: '1.0.0', extra: [entry] });
    const run = await install(session, planOf(root, '1.0.0', built, changes), built);
    expect(run.final.code).toBe(code);
    expect(currentVersion(root)).toBe(code === 'done' ? '1.0.0' : '0.9.0');
    if (log !== undefined) expect(run.log.toString()).toBe(log);
    await session.close();
    await until('nothing of the hook to live', () => processesOf(root).length === 0);
  });
});

test(`${MILLION_ON_HOST.what}: refused as ${MILLION_ON_HOST.code}`, async () => {
  const { root, final } = await run(process.env, sealed(await tinyFiles(1_000_000)), MILLION_ON_HOST.changes);
  expect(final).toMatchObject({ outcome: 'failed', step: 'unpack', code: MILLION_ON_HOST.code });
  nothingLeft(root);
});

test(`${SPARSE_ON_HOST.what}: refused as ${SPARSE_ON_HOST.code}`, async () => {
  const { root, final } = await run(process.env, await SPARSE_ON_HOST.build());
  expect(final).toMatchObject({ outcome: 'failed', step: 'unpack', code: SPARSE_ON_HOST.code });
  nothingLeft(root);
});

test(`${SHRUNK_ON_HOST.what}: refused as ${SHRUNK_ON_HOST.code}, and forgotten`, async () => {
  const root = await hostRoot();
  const built = await buildPackage({ version: '1.0.0' });
  const plan = planOf(root, '1.0.0', built);
  const { env, stopped } = stoppingAt('sha256sum');
  const session = await localDriver({ env }).open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
  const running = follow(session, plan, built, nothingHeard());
  await until('the check to begin', () => existsSync(stopped));
  truncateSync(join(root, 'shop', 'journal', plan.attempt, 'artifact'), built.size - 1);
  killAllSteps(plan);
  expect(await running).toMatchObject({ outcome: 'failed', step: 'verify', code: SHRUNK_ON_HOST.code });
  nothingLeft(root);
});

async function run(env: NodeJS.ProcessEnv, built: BuiltPackage, changes: Partial<AttemptPlan> = {}) {
  const root = await hostRoot();
  const session = await localDriver({ env }).open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
  const { final } = await install(session, planOf(root, '1.0.0', built, changes), built);
  return { root, final };
}

/** What still runs with the root in its environment, as every hook has it. */
function processesOf(root: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`SIGNALBOX_ROOT=${root}\0`);
    } catch {
      return false; // it ended between two looks
    }
  });
}

function nothingLeft(root: string): void {
  expect(readdirSync(root)).toEqual(['shop']);
  expect(releasesOn(root)).toEqual([]);
  expect(existsSync('/tmp/signalbox-evil')).toBe(false);
  const journal = join(root, 'shop', 'journal');
  const [attempt = ''] = readdirSync(journal);
  expect(readdirSync(join(journal, attempt)).filter((name) => /artifact|incoming|listing/.test(name))).toEqual([]);
}
