import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostSession } from '../../server/hosts/contract.ts';
import { inspectHost } from '../../server/hosts/inspect-host.ts';
import { currentFolder, currentVersion, endedSteps, install, linesOf, planOf, releasesOn } from '../support/attempt.ts';
import { buildPackage } from '../support/package.ts';
import { hostRoot } from '../support/host-root.ts';
import { TRANSPORTS } from '../support/transports.ts';
import type { Transport } from '../support/transports.ts';

const all = { 'pre-install': 'echo pre', 'post-install': 'echo post', health: 'echo healthy' };
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Writes down each run of a post-install hook: version and what it replaced. */
const noted = 'echo "$SIGNALBOX_VERSION after ${SIGNALBOX_PREVIOUS:-nothing}" >> "$SIGNALBOX_ROOT/noted"';

describe.each(TRANSPORTS)('the steps of an attempt over $name', ({ start }) => {
  let transport: Transport;
  let session: HostSession;
  beforeAll(async () => {
    transport = await start();
    session = await transport.open();
  });
  afterAll(async () => {
    await session.close();
    await transport.close();
  });

  test('a package is transferred once, unpacked read-only, switched, and its hooks run in their order', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: all });
    const run = await install(session, planOf(root, '1.0.0', built), built);

    expect(run.final).toMatchObject({ outcome: 'succeeded', code: 'done', logBytes: 17 });
    expect(run.final.current).toMatchObject({ version: '1.0.0', digest: built.digest });
    expect(run.log.toString()).toBe('pre\npost\nhealthy\n');
    expect(endedSteps(run.reports)).toEqual(
      ['preflight', 'fetch', 'verify', 'unpack', 'pre-install', 'activate', 'post-install', 'health', 'report'].map(
        (step) => `${step} ok`,
      ),
    );
    expect(run.transfers).toBe(1);
    expect(run.hellos[0]).toMatchObject({ attempt: 'new', releasePresent: false, missingTools: [], current: null });
    expect(currentVersion(root)).toBe('1.0.0');
    expect(statSync(join(root, 'shop', 'current', 'release.json')).mode & 0o222).toBe(0);
    expect(releasesOn(root)).toEqual([`1.0.0-${built.digest.slice(0, 8)}`]);
  });

  test('a host that already runs that very artifact skips the task without running a hook', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'post-install': noted } });
    await install(session, planOf(root, '1.0.0', built), built);
    const again = await install(session, planOf(root, '1.0.0', built), built);
    expect(again.final).toMatchObject({ outcome: 'skipped', code: 'already_current' });
    expect(again.transfers).toBe(0);
    expect(linesOf(join(root, 'noted'))).toHaveLength(1);
  });

  test('a rollback to a release that is still on the host needs no transfer', async () => {
    const root = await hostRoot();
    const first = await buildPackage({ version: '1.0.0', hooks: { 'post-install': noted } });
    const second = await buildPackage({ version: '2.0.0', hooks: { 'post-install': noted } });
    await install(session, planOf(root, '1.0.0', first), first);
    await install(session, planOf(root, '2.0.0', second), second);
    const back = await install(session, planOf(root, '1.0.0', first, { kind: 'rollback' }), first);
    expect(back.final.outcome).toBe('succeeded');
    expect(back.hellos[0]).toMatchObject({ releasePresent: true, current: { version: '2.0.0' } });
    expect(back.transfers).toBe(0);
    expect(currentVersion(root)).toBe('1.0.0');
    expect(linesOf(join(root, 'noted'))).toEqual(['1.0.0 after nothing', '2.0.0 after 1.0.0', '1.0.0 after 2.0.0']);
  });

  test('a failing pre-install hook leaves current as it was', async () => {
    const root = await hostRoot();
    const good = await buildPackage({ version: '1.0.0' });
    const bad = await buildPackage({ version: '2.0.0', hooks: { 'pre-install': 'echo no; exit 7' } });
    await install(session, planOf(root, '1.0.0', good), good);
    const run = await install(session, planOf(root, '2.0.0', bad), bad);
    expect(run.final).toMatchObject({ outcome: 'failed', code: 'hook_failed', step: 'pre-install', restore: 'none' });
    expect(run.reports).toContainEqual(expect.objectContaining({ event: 'ended', step: 'pre-install', exit: 7 }));
    expect(run.final.sentence).toBe(
      'install of 2.0.0 failed at pre-install: the hook failed (exit code 7). Read its log, correct the release or the host, then retry.',
    );
    expect(currentVersion(root)).toBe('1.0.0');
  });

  test.each(['post-install', 'health'] as const)(
    'a failing %s hook switches back to what was current and runs its post-install hook',
    async (hook) => {
      const root = await hostRoot();
      const good = await buildPackage({ version: '1.0.0', hooks: { 'post-install': noted } });
      const bad = await buildPackage({ version: '2.0.0', hooks: { [hook]: 'exit 3' } });
      await install(session, planOf(root, '1.0.0', good), good);
      const run = await install(session, planOf(root, '2.0.0', bad), bad);
      expect(run.final).toMatchObject({ outcome: 'failed', code: 'hook_failed', step: hook, restore: 'restored' });
      expect(run.final.current?.version).toBe('1.0.0');
      expect(run.reports).toContainEqual(expect.objectContaining({ event: 'restored', current: run.final.current }));
      expect(endedSteps(run.reports).slice(-2)).toEqual(['restore ok', 'restore-hook ok']);
      expect(linesOf(join(root, 'noted'))).toEqual(['1.0.0 after nothing', '1.0.0 after 2.0.0']);
      expect(currentVersion(root)).toBe('1.0.0');
    },
  );

  test('a first install that fails behind the switch takes the link away again', async () => {
    const root = await hostRoot();
    const bad = await buildPackage({ version: '1.0.0', hooks: { health: 'exit 1' } });
    const run = await install(session, planOf(root, '1.0.0', bad), bad);
    expect(run.final).toMatchObject({ outcome: 'failed', step: 'health', restore: 'removed', current: null });
    expect(existsSync(join(root, 'shop', 'current'))).toBe(false);
  });

  test('with onFailure leave the new release stays, and a retry runs it again instead of skipping it', async () => {
    const root = await hostRoot();
    const good = await buildPackage({ version: '1.0.0' });
    const flaky = await buildPackage({
      version: '2.0.0',
      hooks: { health: 'if [ -e "$SIGNALBOX_ROOT/tried" ]; then exit 0; fi; touch "$SIGNALBOX_ROOT/tried"; exit 1' },
    });
    await install(session, planOf(root, '1.0.0', good), good);
    const run = await install(session, planOf(root, '2.0.0', flaky, { onFailure: 'leave' }), flaky);
    expect(run.final).toMatchObject({ outcome: 'failed', restore: 'left', current: { version: '2.0.0' } });
    const retry = await install(session, planOf(root, '2.0.0', flaky, { onFailure: 'leave' }), flaky);
    expect(retry.final.outcome).toBe('succeeded');
    expect(retry.transfers).toBe(0);
  });

  test('a hook beyond its timeout is stopped and has its own code', async () => {
    const root = await hostRoot();
    const slow = await buildPackage({ version: '1.0.0', hooks: { 'pre-install': 'echo begun; sleep 60; echo never' } });
    const plan = planOf(root, '1.0.0', slow, { hooks: { 'pre-install': { timeoutMs: 1_000 } } });
    const run = await install(session, plan, slow);
    expect(run.final).toMatchObject({ outcome: 'failed', code: 'hook_timeout', step: 'pre-install' });
    expect(run.log.toString()).toBe('begun\n');
  });

  test('a missing hook is skipped, one that is not executable fails with its own code', async () => {
    const root = await hostRoot();
    const bare = await buildPackage({ version: '1.0.0' });
    const run = await install(session, planOf(root, '1.0.0', bare), bare);
    expect(endedSteps(run.reports)).toContain('health skipped');
    const plain = await buildPackage({
      version: '2.0.0',
      extra: [{ name: 'hooks/health', mode: 0o644, content: '#!/bin/sh\n' }],
    });
    const failed = await install(session, planOf(root, '2.0.0', plain), plain);
    expect(failed.final).toMatchObject({ code: 'hook_not_executable', step: 'health', restore: 'restored' });
  });

  test('a daemon that a hook leaves behind with its output open holds up neither the steps nor the next attempt', async () => {
    const root = await hostRoot();
    const first = await buildPackage({
      version: '1.0.0',
      hooks: { 'post-install': 'sleep 30 & echo $! > "$SIGNALBOX_ROOT/daemon"' },
    });
    const second = await buildPackage({ version: '2.0.0' });
    expect((await install(session, planOf(root, '1.0.0', first), first)).final.outcome).toBe('succeeded');
    expect((await install(session, planOf(root, '2.0.0', second), second)).final.outcome).toBe('succeeded');
    process.kill(Number(linesOf(join(root, 'daemon'))[0])); // it still lived
  });

  test('a log over the cap ends with a mark, and its whole size is told', async () => {
    const root = await hostRoot();
    const loud = await buildPackage({ version: '1.0.0', hooks: { 'pre-install': 'yes 123456789 | head -n 50000' } });
    const run = await install(session, planOf(root, '1.0.0', loud, { logCapBytes: 100_000 }), loud);
    expect(run.log.length).toBe(100_000);
    expect(run.log.equals(Buffer.from('123456789\n'.repeat(10_000)))).toBe(true);
    expect(run.cut).toMatchObject({ at: 100_000 });
    expect(run.final).toMatchObject({ outcome: 'succeeded', logBytes: 500_000 });
  });

  test('values of the environment reach hooks unharmed and are kept nowhere on the host', async () => {
    const root = join(await hostRoot(), 'wei"rd root\\ $HOME');
    const value = 'a "b" \\n $(id) `id`\n%s é\t\n\n';
    const built = await buildPackage({ version: '1.0.0 "beta" \\', hooks: { health: 'printf %s "$SECRET"' } });
    const run = await install(
      session,
      planOf(root, '1.0.0 "beta" \\', built, { environment: { SECRET: value } }),
      built,
    );
    expect(run.final).toMatchObject({ outcome: 'succeeded', current: { version: '1.0.0 "beta" \\' } });
    expect(run.log.toString()).toBe(value);
    const holders = filesBelow(root).filter((path) => readFileSync(path).includes('a "b"'));
    expect(holders.map((path) => path.split('/').at(-1))).toEqual(['log']); // what the hook itself has printed
  });

  test('old releases are pruned, the current and the kept ones never', async () => {
    const root = await hostRoot();
    const built = await Promise.all(['1.0.0', '2.0.0', '3.0.0', '4.0.0'].map((version) => buildPackage({ version })));
    const folder = (version: string, digest: string) => `${version}-${digest.slice(0, 8)}`;
    const good = folder('1.0.0', built[0]?.digest ?? '');
    for (const [index, each] of built.entries()) {
      const plan = planOf(root, `${index + 1}.0.0`, each, { keep: 2, keepReleases: [good] });
      expect((await install(session, plan, each)).final.outcome).toBe('succeeded');
    }
    expect(releasesOn(root).map((name) => name.slice(0, 5))).toEqual(['1.0.0', '3.0.0', '4.0.0']);
    expect(currentFolder(root)).toMatch(/^releases\/4\.0\.0-/);
    const facts = await inspectHost(session, { root, product: 'shop' });
    expect(facts.releases.map(({ version }) => version)).toEqual(['1.0.0', '3.0.0', '4.0.0']);
    expect(facts).toMatchObject({
      current: { version: '4.0.0', digest: built[3]?.digest },
      currentComplete: true,
      runner: '1',
    });
  });
});
