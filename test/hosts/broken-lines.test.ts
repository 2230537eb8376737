import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelAttempt } from '../../server/hosts/cancel-attempt.ts';
import { HostUnreachable, RunnerRefused } from '../../server/hosts/contract.ts';
import type { AttemptPlan } from '../../server/hosts/contract.ts';
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
import type { Heard } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { buildPackage } from '../support/package.ts';
import { TRANSPORTS } from '../support/transports.ts';
import type { Transport } from '../support/transports.ts';
import { until } from '../support/until.ts';

/** A hook that counts its runs, keeps talking, and ends when the file `go` is there. */
const waiting = `echo "$SIGNALBOX_ATTEMPT" >> "$SIGNALBOX_ROOT/runs"
i=0; while [ ! -e "$SIGNALBOX_ROOT/go" ]; do i=$((i + 1)); echo "line $i"; sleep 0.02; done
echo finished`;

const letGo = (root: string) => writeFileSync(join(root, 'go'), '');
const runs = (root: string) => linesOf(join(root, 'runs'));
const isBegun = (heard: Heard) => until('the hook to be at work', () => heard.log.includes('line 3'));
const journalOf = (plan: AttemptPlan) => join(plan.root, plan.product, 'journal', plan.attempt);
const isLost = (error: unknown) =>
  error instanceof HostUnreachable && error.code === 'connection_lost' && error.retryable;
const isRefused = (code: string) => (error: unknown) => error instanceof RunnerRefused && error.code === code;

describe.each(TRANSPORTS)('broken lines and competing workers over $name', ({ start }) => {
  let transport: Transport;
  beforeAll(async () => {
    transport = await start();
  });
  afterAll(() => transport.close());

  test('a line cut in the middle of a hook is resumed without gap or repeat, and the hook ran once', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'post-install': waiting, health: 'echo healthy' } });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const broken = expect(follow(await transport.open(), plan, built, heard)).rejects.toSatisfy(isLost);
    await isBegun(heard);
    transport.cut();
    await broken;
    const before = heard.logOffset;
    await until('output that nobody follows', () => readFileSync(join(journalOf(plan), 'log')).length > before + 50);
    const session = await transport.open();
    const resumed = follow(session, plan, built, heard);
    await until('the log to go on', () => heard.logOffset > before + 50);
    letGo(root);
    expect((await resumed).outcome).toBe('succeeded');
    await session.close();

    expect(heard.hellos.map(({ attempt }) => attempt)).toEqual(['new', 'running']);
    expect(heard.log.equals(readFileSync(join(journalOf(plan), 'log')))).toBe(true);
    expect(runs(root)).toEqual([plan.attempt]);
    expect(endedSteps(heard.reports)).toHaveLength(9);
    expect(heard.transfers).toBe(1);
  });

  test('an attempt that ended while nobody listened is told in full, and asking again tells its end', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'pre-install': waiting } });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const broken = expect(follow(await transport.open(), plan, built, heard)).rejects.toSatisfy(isLost);
    await isBegun(heard);
    transport.cut();
    await broken;
    letGo(root);
    await until('the attempt to end', () => readdirSync(journalOf(plan)).includes('ended'));
    const session = await transport.open();
    const final = await follow(session, plan, built, heard);
    expect(final.outcome).toBe('succeeded');
    expect(heard.log.equals(readFileSync(join(journalOf(plan), 'log')))).toBe(true);
    const reports = heard.reports.length;
    expect(await follow(session, plan, built, heard)).toEqual(final);
    expect(heard.reports).toHaveLength(reports);
    expect(runs(root)).toHaveLength(1);
    await session.close();
  });

  test('a line cut in the middle of the transfer leaves nothing, and the next connection sends the package anew', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { health: 'echo healthy' } });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const half = async function* () {
      yield built.bytes.subarray(0, 100);
      await until('the host to have the first half', () =>
        readdirSync(journalOf(plan)).some((name) => name.startsWith('incoming.')),
      );
      transport.cut();
      await new Promise(() => {}); // a source that never gives the rest
    };
    await expect(follow(await transport.open(), plan, built, heard, { artifact: half })).rejects.toSatisfy(isLost);
    const session = await transport.open();
    const final = await follow(session, plan, built, heard);
    await session.close();
    expect(final.outcome).toBe('succeeded');
    expect(heard.hellos[1]).toMatchObject({ attempt: 'interrupted', releasePresent: false });
    expect(readdirSync(journalOf(plan)).filter((name) => /incoming|artifact/.test(name))).toEqual([]);
  });

  test('while one attempt is at work another one is refused as busy and changes nothing', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'pre-install': waiting } });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const session = await transport.open();
    const first = follow(session, plan, built, heard);
    await isBegun(heard);
    const lock = readFileSync(join(root, 'shop', 'lock'), 'utf8');
    await expect(install(session, planOf(root, '2.0.0', built), built)).rejects.toSatisfy(isRefused('busy'));
    expect(readFileSync(join(root, 'shop', 'lock'), 'utf8')).toBe(lock);
    letGo(root);
    expect((await first).outcome).toBe('succeeded');
    const second = await install(session, planOf(root, '2.0.0', built), built);
    expect(second.final.outcome).toBe('succeeded');
    await session.close();
  });

  test('a worker with a lower fence is refused, for following, for starting and for cancelling', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0' });
    const old = planOf(root, '0.9.0', built);
    const plan = planOf(root, '1.0.0', built);
    const session = await transport.open();
    await install(session, plan, built);
    await expect(install(session, old, built)).rejects.toSatisfy(isRefused('fence_stale'));
    await expect(install(session, { ...plan, fence: old.fence }, built)).rejects.toSatisfy(isRefused('fence_stale'));
    await expect(cancelAttempt(session, old)).rejects.toSatisfy(isRefused('fence_stale'));
    expect(currentVersion(root)).toBe('1.0.0');
    await session.close();
  });

  test('a follower notices that a newer worker has taken its attempt and leaves, the steps go on', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'post-install': waiting } });
    const plan = planOf(root, '1.0.0', built);
    const [mine, theirs] = [nothingHeard(), nothingHeard()];
    const session = await transport.open();
    const superseded = expect(follow(session, plan, built, mine)).rejects.toSatisfy(isRefused('fence_stale'));
    await isBegun(mine);
    const newer = follow(session, { ...plan, fence: plan.fence + 1 }, built, theirs);
    await superseded;
    letGo(root);
    expect((await newer).outcome).toBe('succeeded');
    expect(theirs.log.equals(readFileSync(join(journalOf(plan), 'log')))).toBe(true);
    expect(runs(root)).toHaveLength(1);
    await session.close();
  });

  test('a cancel before activate stops at the next step boundary and switches nothing', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'pre-install': waiting } });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const session = await transport.open();
    const running = follow(session, plan, built, heard);
    await isBegun(heard);
    await cancelAttempt(session, plan);
    letGo(root);
    expect(await running).toMatchObject({ outcome: 'cancelled', code: 'cancelled', current: null });
    expect(endedSteps(heard.reports).at(-1)).toBe('pre-install ok');
    expect(currentVersion(root)).toBeNull();
    await session.close();
  });

  test('a cancel after activate comes too late: the attempt runs to its end', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'post-install': waiting, health: 'echo healthy' } });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const session = await transport.open();
    const running = follow(session, plan, built, heard);
    await isBegun(heard);
    await cancelAttempt(session, plan);
    letGo(root);
    expect((await running).outcome).toBe('succeeded');
    expect(currentVersion(root)).toBe('1.0.0');
    await session.close();
  });

  test('a cancel before the attempt has begun keeps it from transferring anything', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0' });
    const plan = planOf(root, '1.0.0', built);
    const session = await transport.open();
    await cancelAttempt(session, plan);
    const run = await install(session, plan, built);
    expect(run.final.outcome).toBe('cancelled');
    expect(run.transfers).toBe(0);
    await session.close();
  });

  test('a package with a wrong digest is refused before anything is unpacked', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0' });
    const session = await transport.open();
    const run = await install(session, planOf(root, '1.0.0', built, { digest: 'a'.repeat(64) }), built);
    expect(run.final).toMatchObject({ outcome: 'failed', code: 'digest_mismatch', step: 'verify' });
    expect(run.final.detail).toContain(built.digest);
    expect(releasesOn(root)).toEqual([]);
    await session.close();
  });

  test('a package file that is shorter than its release says so on the server, and the host waits for the next try', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0' });
    const plan = planOf(root, '1.0.0', built);
    const session = await transport.open();
    const short = async function* () {
      yield built.bytes.subarray(0, 10);
    };
    await expect(install(session, plan, built, { artifact: short })).rejects.toThrow(/ended after 10 of \d+ bytes/);
    const run = await install(session, plan, built);
    expect(run.final.outcome).toBe('succeeded');
    await session.close();
  });

  test('an abort on the server leaves the steps alone', async () => {
    const root = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { 'pre-install': waiting } });
    const plan = planOf(root, '1.0.0', built);
    const heard = nothingHeard();
    const session = await transport.open();
    const stop = new AbortController();
    const stopped = expect(follow(session, plan, built, heard, { signal: stop.signal })).rejects.toThrow(
      'shutting down',
    );
    await isBegun(heard);
    stop.abort(new Error('shutting down'));
    await stopped;
    letGo(root);
    expect((await follow(session, plan, built, heard)).outcome).toBe('succeeded');
    expect(runs(root)).toHaveLength(1);
    await session.close();
  });
});
