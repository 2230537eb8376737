import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HostSession } from '../../server/hosts/contract.ts';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import { checkHealth } from '../../server/hosts/check-health.ts';
import { inspectHost } from '../../server/hosts/inspect-host.ts';
import { currentVersion, endedSteps, follow, install, nothingHeard, planOf } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { killAllSteps } from '../support/kill-steps.ts';
import { buildPackage } from '../support/package.ts';
import { loginShells, pathFolder, toolSets } from '../support/shells.ts';
import { until } from '../support/until.ts';

const at = { transport: 'local' } as const;
const soon = { connectTimeoutMs: 1_000 };
const hooks = { 'pre-install': 'echo pre', 'post-install': 'echo post', health: 'echo healthy' };

describe.each(toolSets())('a host with $name', ({ env }) => {
  test('installs, restores after a failure, and stops a hook at its timeout', async () => {
    const root = await hostRoot();
    const session = await localDriver({ env }).open(at, soon);
    const good = await buildPackage({ version: '1.0.0', hooks });
    const first = await install(session, planOf(root, '1.0.0', good), good);
    expect(first.final.outcome).toBe('succeeded');
    expect(first.log.toString()).toBe('pre\npost\nhealthy\n');
    const bad = await buildPackage({ version: '2.0.0', hooks: { health: 'exec sleep 60' } });
    const second = await install(session, planOf(root, '2.0.0', bad, { hooks: { health: { timeoutMs: 1_000 } } }), bad);
    expect(second.final).toMatchObject({
      outcome: 'failed',
      code: 'hook_timeout',
      restore: 'restored',
      current: { version: '1.0.0' },
    });
    expect(second.log.toString()).toBe('post\n');
    expect(currentVersion(root)).toBe('1.0.0');
  });

  test('is asked for its health outside of an attempt, and the hook is stopped at its timeout', async () => {
    const root = await hostRoot();
    const session = await localDriver({ env }).open(at, soon);
    const ask = () => checkHealth(session, { root, product: 'shop' }, { timeoutMs: 1_000 });
    expect(await ask()).toBeNull();
    const health = 'read -r code <"$SIGNALBOX_ROOT/code" || exit 0; [ "$code" != slow ] || exec sleep 60; exit "$code"';
    const built = await buildPackage({ version: '1.0.0', hooks: { health } });
    await install(session, planOf(root, '1.0.0', built), built);
    expect(await ask()).toBe(0);
    writeFileSync(join(root, 'code'), '11\n');
    expect(await ask()).toBe(11);
    writeFileSync(join(root, 'code'), 'slow\n');
    expect([124, 137, 143]).toContain(await ask());
  });

  test('keeps bytes that no shell can hold, and values that no shell should read', async () => {
    const root = await hostRoot();
    const session = await localDriver({ env }).open(at, soon);
    const built = await buildPackage({
      version: '1.0.0',
      hooks: { health: `printf 'a\\000b\\377\\n'; printf %s "$VALUE"` },
    });
    const value = '$(id) `id` \\n "é" \n\n';
    const run = await install(session, planOf(root, '1.0.0', built, { environment: { VALUE: value } }), built);
    expect(run.log.equals(Buffer.concat([Buffer.from([97, 0, 98, 255, 10]), Buffer.from(value)]))).toBe(true);
  });

  test('judges an attempt whose runner was killed in the middle of a hook as lost', async () => {
    const root = await hostRoot();
    const session = await localDriver({ env }).open(at, soon);
    const built = await buildPackage({ version: '1.0.0', hooks: { health: 'echo begun; exec sleep 60' } });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const running = follow(session, plan, built, heard);
    await until('the hook', () => heard.log.includes('begun'));
    killAllSteps(plan);
    expect(await running).toMatchObject({ outcome: 'lost', step: 'health' });
    expect(endedSteps(heard.reports).at(-1)).toBe('health lost');
  });
});

test.each(loginShells())('a user whose login shell is %s', async (shell) => {
  const root = await hostRoot();
  const built = await buildPackage({ version: '1.0.0', hooks });
  const session = await localDriver({ shell }).open(at, soon);
  expect((await install(session, planOf(root, '1.0.0', built), built)).final.outcome).toBe('succeeded');
});

test('what a login shell says before the runner speaks is skipped, a half line included', async () => {
  const root = await hostRoot();
  const built = await buildPackage({ version: '1.0.0', hooks });
  const noise = `echo "signalbox-runner 0123"; printf '\\000\\377 motd'; yes noise | head -n 20000; printf 'no end of line'; `;
  const session = prefixed(await localDriver().open(at, soon), noise);
  const run = await install(session, planOf(root, '1.0.0', built), built);
  expect(run.final.outcome).toBe('succeeded');
});

test('a login shell that refuses is told with its own words', async () => {
  const session = prefixed(await localDriver().open(at, soon), 'echo "This account is not available."; exit 1; ');
  await expect(inspectHost(session, { root: '/tmp/x', product: 'shop' })).rejects.toMatchObject({
    code: 'no_runner',
    message: expect.stringMatching(/exit code 1.*This account is not available\./),
  });
});

test('a host name with quotes and backslashes is told as it is', async () => {
  const folder = pathFolder();
  writeFileSync(join(folder, 'uname'), `#!/bin/sh\nprintf '%s\\n' 'we"ird\\host é'\n`, { mode: 0o755 });
  const session = await localDriver({ env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` } }).open(
    at,
    soon,
  );
  const facts = await inspectHost(session, { root: '/tmp/never-made', product: 'shop' });
  expect(facts).toMatchObject({ host: 'we"ird\\host é', current: null, freeBytes: null, releases: [], owner: null });
});

function prefixed(session: HostSession, prefix: string): HostSession {
  return { ...session, exec: (command, options) => session.exec(prefix + command, options) };
}
