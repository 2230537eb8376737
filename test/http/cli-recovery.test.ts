import { execFile } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { run } from '../../server/cli/run.ts';
import { openTerminal } from '../../server/cli/terminal.ts';
import { rollouts } from '../support/rollout.ts';
import { openSite, type Site } from '../support/site.ts';
import { declareFleet, publish } from '../support/world.ts';

let site: Site;
let rollout: ReturnType<typeof rollouts>;
let token: string;
let folder: string;
let out: string;
let notes: string;

beforeAll(async () => {
  site = await openSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
  rollout = rollouts(site.world);
  folder = await mkdtemp(join(tmpdir(), 'signalbox-cli-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await site.close();
});

/** 1.0.0 everywhere, 2.0.0 failed on line-1 in job 4. */
beforeEach(async () => {
  await site.world.clear();
  token = await site.tokenOf(['operator']);
  await declareFleet(site.world, { targets: 2 });
  await publish(site.world, ['1.0.0', '2.0.0']);
  await rollout.download([1, 2]);
  await rollout.install(1, [1, 2]);
  await rollout.finish();
  await rollout.install(2, [1, 2], { maxFailures: { count: 2 } });
  await rollout.finish([1]);
});

/** One command line, spoken to the server over HTTP as always. Words in quotes stay together. Answers with the exit code. */
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

test('demote shows what it would mean, wants a reason, and is undone by undemote', async () => {
  expect(await signalbox('demote orders 2.0.0 stable --dry-run')).toBe(0);
  expect(out).toMatch(/^ENVIRONMENT +IMPACT.*\nplant +deployed_unaffected +2 of 2 +0/);
  expect(await signalbox('demote orders 2.0.0 stable')).toBe(2);
  expect(notes).toContain('--reason');
  expect(await signalbox('demote orders 2.0.0 stable --reason "it leaks"')).toBe(0);
  expect(await signalbox('demote orders 2.0.0 stable --reason "it leaks"')).toBe(1);
  expect(notes).toContain('it leaks');
  expect(await signalbox('undemote orders 2.0.0 stable --reason "the sensor leaked"')).toBe(0);
  expect(out).toBe('orders 2.0.0 is active on stable again\n');
});

test('rollback shows its plan, covers the affected host, and refuses a healthy one that is not asked for', async () => {
  expect(await signalbox('rollback 4 --dry-run')).toBe(0);
  expect(out).toMatch(/HOST +BECAUSE +RUNS +BACK TO.*\nline-1 +failed +2\.0\.0 +1\.0\.0 +install +on the host/);
  expect(await signalbox('rollback 4')).toBe(2);
  expect(await signalbox('rollback 4 --hosts line-2 --reason "to be sure"')).toBe(1);
  expect(notes).toContain('--include-healthy');
  expect(await signalbox('rollback 4 --reason "line 1 is down"')).toBe(0);
  expect(out).toBe('job 5 rollback 1.0.0: queued, 1 pending\n');
  expect(await signalbox('rollback 4 --hosts line-2 --include-healthy --reason "to be sure"')).toBe(0);
  expect(await signalbox('rollback 4 --reason "again"', await site.tokenOf(['viewer']))).toBe(4);
});

test('rollback without a way back ends with 1 and names the incident', async () => {
  await publish(site.world, ['3.0.0']);
  await rollout.download([3]);
  await site.world.ctx.db.$client`update host_history set healthy = false`;
  expect(await signalbox('rollback 4 --reason "line 1 is down"')).toBe(1);
  expect(out).toMatch(/^incident 1: .*found no known-good release for line-1\.\n$/);
});

test('incidents are listed, shown, acknowledged and resolved', async () => {
  expect(await signalbox('incidents --status open')).toBe(0);
  expect(out).toMatch(
    /^INCIDENT +STATUS +JOB.*\n1 +open +4 .*The install of 2\.0\.0 \(job 4\) failed: 1 host failed\./,
  );
  expect(await signalbox('ack 1')).toBe(0);
  expect(out).toMatch(/^incident 1: acknowledged, token test – /);
  expect(await signalbox('ack 1')).toBe(1);
  expect(await signalbox('resolve 1')).toBe(2);
  expect(await signalbox('resolve 1 --resolution "disk replaced"')).toBe(0);
  expect(out).toBe('incident 1: resolved, token test – disk replaced\n');
  expect(await signalbox('incident 1')).toBe(0);
  expect(out).toContain('job 4 install 2.0.0: failed');
  expect(await signalbox('incidents --status closed')).toBe(2);
});

test('evidence saves an archive that tar reads, and nothing when there is no such job', async () => {
  const file = join(folder, 'evidence.tar.gz');
  expect(await signalbox(`evidence 4 -o ${file}`)).toBe(0);
  const { stdout } = await promisify(execFile)('tar', ['tzf', file]);
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining(['signalbox-job-4/SHA256SUMS', 'signalbox-job-4/logs/line-1.log']),
  );
  const missing = join(folder, 'missing.tar.gz');
  expect(await signalbox(`evidence 99 -o ${missing}`)).toBe(1);
  expect(notes).toContain('There is no job 99');
  await expect(access(missing)).rejects.toThrow('ENOENT');
  expect(await signalbox(`evidence 4 -o ${missing}`, 'sb_nobody')).toBe(4);
});

test('the archive is announced as what it is', async () => {
  const answer = await site.send('GET', '/api/v1/jobs/4/evidence.tar.gz', {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(answer.headers.get('content-type')).toBe('application/gzip');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="signalbox-job-4.tar.gz"');
  expect((await answer.bytes()).subarray(0, 2)).toEqual(new Uint8Array([0x1f, 0x8b]));
});
