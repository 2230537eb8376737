import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AttemptPlan, HostSession } from '../../server/hosts/contract.ts';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import { runnerScript } from '../../server/hosts/start-runner.ts';
import {
  currentVersion,
  endedSteps,
  follow,
  install,
  linesOf,
  nothingHeard,
  planOf,
  releasesOn,
} from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { killAllSteps, killRunner } from '../support/kill-steps.ts';
import { buildPackage } from '../support/package.ts';
import { onlyTools, pathFolder, stoppingAt } from '../support/shells.ts';
import { until } from '../support/until.ts';

const open = (env?: NodeJS.ProcessEnv): Promise<HostSession> =>
  localDriver(env ? { env } : {}).open({ transport: 'local' }, { connectTimeoutMs: 1_000 });

const counting = (hook: string) => `echo ${hook} >> "$SIGNALBOX_ROOT/runs"; echo ${hook}`;
const waiting = (hook: string) =>
  `${counting(hook)}\nwhile [ ! -e "$SIGNALBOX_ROOT/go" ]; do sleep 0.02; done; echo ${hook} finished`;
const runs = (root: string) => linesOf(join(root, 'runs'));
const reportOf = (plan: AttemptPlan) => join(plan.root, plan.product, 'journal', plan.attempt, 'report');

describe('a killed runner', () => {
  test('with its hook, as by a reboot: the attempt is lost, nothing is run again, and the host is free for the next', async () => {
    const root = await hostRoot();
    const hooks = {
      'pre-install': counting('pre-install'),
      'post-install': waiting('post-install'),
      health: counting('health'),
    };
    const built = await buildPackage({ version: '1.0.0', hooks });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const session = await open();
    const running = follow(session, plan, built, heard);
    await until('the post-install hook', () => runs(root).includes('post-install'));
    expect(killAllSteps(plan)).toBeGreaterThan(2);
    expect(await running).toMatchObject({
      outcome: 'lost',
      code: 'lost',
      step: 'post-install',
      restore: 'none',
      current: { version: '1.0.0' },
    });
    expect(endedSteps(heard.reports).at(-1)).toBe('post-install lost');
    expect(runs(root)).toEqual(['pre-install', 'post-install']);

    writeFileSync(join(root, 'go'), '');
    const retry = await install(session, planOf(root, '1.0.0', built), built);
    expect(retry.final.outcome).toBe('succeeded');
  });

  test('a reboot is told by both boot ids', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'pre-install': waiting('pre-install') } });
    const plan = planOf(root, '1.0.0', built);
    const session = await open();
    const away = new AbortController();
    const left = expect(follow(session, plan, built, nothingHeard(), { signal: away.signal })).rejects.toThrow('away');
    await until('the hook', () => runs(root).length > 0);
    away.abort(new Error('away'));
    await left;
    killAllSteps(plan);
    const report = readFileSync(reportOf(plan), 'utf8');
    writeFileSync(reportOf(plan), report.replace(/"boot":"[^"]+"/, '"boot":"the-boot-before"'));
    const final = await follow(session, plan, built, nothingHeard());
    expect(final).toMatchObject({ outcome: 'lost', bootThen: 'the-boot-before' });
    expect(final.bootNow).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('between its last line and its mark of the end has ended all the same: whoever attaches gets its result', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { health: counting('health') } });
    const plan = planOf(root, '1.0.0', built);
    const session = await open();
    const first = await follow(session, plan, built, nothingHeard());
    // What a kill in that moment leaves: everything but the mark.
    rmSync(join(root, plan.product, 'journal', plan.attempt, 'ended'));
    const again = await follow(session, plan, built, nothingHeard());
    expect(again).toEqual(first);
    expect(runs(root)).toEqual(['health']);
  });

  test('alone, while its hook goes on: the hook is waited for, its exit code counts, and it ran once', async () => {
    const root = await hostRoot();
    const hooks = { 'post-install': waiting('post-install'), health: counting('health') };
    const built = await buildPackage({ version: '1.0.0', hooks });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const session = await open();
    const running = follow(session, plan, built, heard);
    await until('the post-install hook', () => runs(root).length > 0);
    killRunner(plan);
    await expect(install(session, planOf(root, '2.0.0', built), built)).rejects.toMatchObject({ code: 'busy' });
    writeFileSync(join(root, 'go'), '');
    expect((await running).outcome).toBe('succeeded');
    expect(runs(root)).toEqual(['post-install', 'health']);
    expect(heard.log.toString()).toBe('post-install\npost-install finished\nhealth\n');
  });

  test.each([
    ['verify', 'sha256sum'],
    ['unpack', 'tar'],
    ['activate', 'ln'],
    ['report', 'ls'],
  ])('in the middle of %s: the step is repeated and the attempt succeeds, each hook ran once', async (step, tool) => {
    const root = await hostRoot();
    const hooks = {
      'pre-install': counting('pre-install'),
      'post-install': counting('post-install'),
      health: counting('health'),
    };
    const built = await buildPackage({ version: '1.0.0', hooks });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const { env, stopped } = stoppingAt(tool);
    const running = follow(await open(env), plan, built, heard);
    await until(`${tool} to be reached`, () => existsSync(stopped));
    killAllSteps(plan);
    expect((await running).outcome).toBe('succeeded');
    const begun = heard.reports.filter((report) => report.event === 'started' && report.step === step);
    expect(begun).toHaveLength(2);
    expect(runs(root)).toEqual(['pre-install', 'post-install', 'health']);
    expect(heard.log.toString()).toBe('pre-install\npost-install\nhealth\n');
    expect(releasesOn(root)).toHaveLength(1);
    expect(currentVersion(root)).toBe('1.0.0');
  });

  test('with its package gone: it is sent again, and verified again although the journal knows a verified one', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0' });
    const other = await buildPackage({ version: '1.0.1' });
    const plan = planOf(root, '1.0.0', built);
    const { env, stopped } = stoppingAt('tar');
    const away = new AbortController();
    const left = expect(follow(await open(env), plan, built, nothingHeard(), { signal: away.signal })).rejects.toThrow(
      'away',
    );
    await until('tar to be reached', () => existsSync(stopped));
    away.abort(new Error('away'));
    await left;
    killAllSteps(plan);
    rmSync(join(root, 'shop', 'journal', plan.attempt, 'artifact'));
    const heard = nothingHeard();
    const final = await follow(await open(), { ...plan, size: other.size }, other, heard);
    expect(final).toMatchObject({ outcome: 'failed', step: 'verify', code: 'digest_mismatch' });
    expect(heard.transfers).toBe(1);
  });

  test('in the middle of the way back: it is repeated, and the host is restored', async () => {
    const root = await hostRoot();
    const good = await buildPackage({ version: '1.0.0', hooks: { 'post-install': counting('old post-install') } });
    const bad = await buildPackage({ version: '2.0.0', hooks: { health: 'exit 1' } });
    await install(await open(), planOf(root, '1.0.0', good), good);
    const plan = planOf(root, '2.0.0', bad);
    const { env, stopped } = stoppingAt('ln', 2);
    const running = follow(await open(env), plan, bad, nothingHeard());
    await until('the way back', () => existsSync(stopped));
    killAllSteps(plan);
    expect(await running).toMatchObject({
      outcome: 'failed',
      code: 'hook_failed',
      step: 'health',
      restore: 'restored',
    });
    expect(currentVersion(root)).toBe('1.0.0');
    expect(runs(root)).toEqual(['old post-install', 'old post-install']);
  });

  test('a journal line torn by a power cut is passed over, the ones after it are read', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { health: counting('health') } });
    const plan = planOf(root, '1.0.0', built);
    const { env, stopped } = stoppingAt('tar');
    const away = new AbortController();
    const left = expect(follow(await open(env), plan, built, nothingHeard(), { signal: away.signal })).rejects.toThrow(
      'away',
    );
    await until('tar to be reached', () => existsSync(stopped));
    away.abort(new Error('away'));
    await left;
    killAllSteps(plan);
    appendFileSync(reportOf(plan), '{"event":"ended","step":"unp');
    const heard = nothingHeard();
    expect((await follow(await open(), plan, built, heard)).outcome).toBe('succeeded');
    expect(endedSteps(heard.reports).at(-1)).toBe('report ok');
  });
});

describe('a host that cannot do it', () => {
  test('steps that die at once again and again are given up with what they said', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0' });
    const folder = pathFolder();
    writeFileSync(join(folder, 'setsid'), '#!/bin/sh\necho "no session for you" >&2\nexit 1\n', { mode: 0o755 });
    const session = await open({ ...process.env, PATH: `${folder}:${process.env['PATH']}` });
    await expect(install(session, planOf(root, '1.0.0', built), built)).rejects.toMatchObject({
      code: 'runner_died',
      message: expect.stringContaining('no session for you'),
    });
  });

  test('the tools that the runner asks for are all it needs, and each one that is missing is named', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { health: 'echo healthy' } });
    const tools = /^tools='([^']+)'/m.exec(await runnerScript())?.[1]?.split(/\s+/) ?? [];
    const without = onlyTools(tools.filter((tool) => tool !== 'setsid' && tool !== 'sha256sum'));
    await expect(install(await open(without), planOf(root, '1.0.0', built), built)).rejects.toMatchObject({
      code: 'missing_tools',
      message: expect.stringContaining('setsid sha256sum'),
    });
    const run = await install(await open(onlyTools(tools)), planOf(root, '1.0.0', built), built);
    expect(run.final.outcome).toBe('succeeded');
  });

  test('a root that cannot be made is refused with the reason', async () => {
    const root = await hostRoot();
    writeFileSync(join(root, 'file'), '');
    const built = await buildPackage({ version: '1.0.0' });
    await expect(
      install(await open(), planOf(join(root, 'file', 'below'), '1.0.0', built), built),
    ).rejects.toMatchObject({
      code: 'bad_root',
      message: expect.stringMatching(/Not a directory/),
    });
  });

  test('a real folder named current is not overwritten', async () => {
    const root = await hostRoot();
    mkdirSync(join(root, 'shop', 'current'), { recursive: true });
    const built = await buildPackage({ version: '1.0.0' });
    const run = await install(await open(), planOf(root, '1.0.0', built), built);
    expect(run.final).toMatchObject({ outcome: 'failed', code: 'activate_failed', restore: 'none' });
  });

  test('a plan that could leave its line is refused before the host is asked', async () => {
    const built = await buildPackage({ version: '1.0.0' });
    const bad = planOf('/tmp/x/../y', '1.0\nroot=/', built, { product: '../etc', environment: { 'A B': '' } });
    await expect(install(await open(), bad, built)).rejects.toMatchObject({
      code: 'bad_plan',
      message: expect.stringMatching(/root:.*product:.*version:.*environment/),
    });
  });
});
