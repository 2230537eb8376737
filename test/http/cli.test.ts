import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { approvalRule, host, release, task, taskLog } from '../../db/schema/index.ts';
import { commands } from '../../server/cli/commands.ts';
import { run } from '../../server/cli/run.ts';
import { openTerminal } from '../../server/cli/terminal.ts';
import { askCode, claimDisplay } from '../../server/services/display/pair.ts';
import { useLink } from '../../server/services/people/use-link.ts';
import { endTask } from '../../server/services/task/end.ts';
import { advanceJob } from '../../server/services/job/advance.ts';
import { startTask } from '../../server/services/task/start.ts';
import { openSite, secretIn, type Site } from '../support/site.ts';
import { declareFleet, publish } from '../support/world.ts';

let site: Site;
let token: string;
let folder: string;
let out: string;
let notes: string;

beforeAll(async () => {
  site = await openSite({ settings: { SIGNALBOX_BAKE_MS: '0' } });
  token = await site.tokenOf(['admin']);
  folder = await mkdtemp(join(tmpdir(), 'signalbox-cli-'));
  await declareFleet(site.world, { management: 1, targets: 4 });
  await publish(site.world, ['1.0.0', '1.1.0']);
  await site.world.ctx.db.update(release).set({ package: 'present' }).where(eq(release.version, '1.0.0'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await site.close();
});
beforeEach(() => {
  out = notes = '';
});

interface Session {
  env?: Record<string, string>;
  /** What somebody at the keyboard answers; null: nobody is there. */
  answer?: boolean | null;
}

/** One command line, spoken to the server over HTTP as always. Answers with the exit code. */
async function signalbox(line: string, { env, answer = null }: Session = {}): Promise<number> {
  out = notes = '';
  const settings = { SIGNALBOX_URL: site.url, SIGNALBOX_TOKEN: token, ...env };
  return run(line.split(' '), (json) => {
    const write = (text: string) => void (out += text);
    const print = (text: string) => write(`${text}\n`);
    return {
      ...openTerminal(settings, json),
      write,
      print,
      note: (text) => void (notes += `${text}\n`),
      show: (value, lines) => (json ? print(JSON.stringify(value)) : lines().forEach(print)),
      confirm: () => Promise.resolve(answer),
    };
  });
}

const json = () => JSON.parse(out) as Record<string, unknown>;

describe('what is there', () => {
  test('products, releases and hosts are listed by name', async () => {
    expect(await signalbox('products')).toBe(0);
    expect(out).toMatch(/^PRODUCT +VERSIONING.*\norders +semver/);
    expect(await signalbox('releases --product orders')).toBe(0);
    expect(out).toMatch(/orders +1\.1\.0 +absent +1000 B +stable\norders +1\.0\.0 +present/);
    expect(await signalbox('hosts --environment plant')).toBe(0);
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'HOST',
      'line-1',
      'line-2',
      'line-3',
      'line-4',
      'mgmt-1',
      '',
    ]);
  });

  test('--json gives the API’s own answer', async () => {
    expect(await signalbox('hosts --json')).toBe(0);
    expect(json()).toMatchObject({ items: [{ name: 'line-1', role: 'target' }, {}, {}, {}, {}] });
  });

  test('a name that is not known is told with the nearest one', async () => {
    expect(await signalbox('check odrers')).toBe(2);
    expect(notes).toContain('There is no product odrers. Did you mean orders?');
    expect(await signalbox('install orders 1.0.0 --hosts line-1,lime-2')).toBe(2);
    expect(notes).toContain('Did you mean line-2?');
    expect(await signalbox('hosts --environment plan')).toBe(2);
    expect(notes).toContain('Did you mean plant?');
  });
});

describe('an install', () => {
  test('--dry-run shows who goes when, and starts nothing', async () => {
    expect(await signalbox('install orders 1.0.0 --all --waves 1,50% --dry-run')).toBe(0);
    expect(out).toMatch(/1 +mgmt-1 +– +install\n2 +line-1 /);
    expect(await signalbox('jobs --json')).toBe(0);
    expect(json()).toEqual({ items: [], next: null, previous: null });
  });

  test('that a rule refuses ends with 1 and says the rule’s sentence', async () => {
    expect(await signalbox('install orders 1.1.0 --all')).toBe(1);
    expect(notes).toMatch(/1\.1\.0.*download/i);
    expect(await signalbox('install orders 1.1.0 --all --dry-run')).toBe(1);
  });

  test('is asked for by names, with its plan, and shown by its number', async () => {
    expect(
      await signalbox(
        'install orders 1.0.0 --hosts line-2,line-1 --waves 1,100% --max-failures 50% --bake 0s --reason because',
      ),
    ).toBe(0);
    expect(out).toBe('job 1 install 1.0.0: queued, wave 1 of 2, 2 pending\n');
    expect(await signalbox('job 1 --json')).toBe(0);
    const { job, tasks } = json() as { job: Record<string, unknown>; tasks: { hostName: string }[] };
    expect(job).toMatchObject({
      requestedBy: 'token test',
      reason: 'because',
      plan: { waves: [{ count: 1 }, { ppm: 1_000_000 }], maxFailures: { ppm: 500_000 }, bakeMs: 0 },
    });
    expect(tasks.map(({ hostName }) => hostName)).toEqual(['line-2', 'line-1']);
  });

  test('is paused, resumed and cancelled; what does not fit its state is refused', async () => {
    expect(await signalbox('pause 1')).toBe(0);
    expect(out).toContain('paused');
    expect(await signalbox('pause 1')).toBe(1);
    expect(notes).toContain('pause refused: the job is paused');
    expect(await signalbox('resume 1')).toBe(0);
    expect(await signalbox('cancel 1 --reason enough')).toBe(0);
    expect(await signalbox('job 1 --wait')).toBe(1);
    expect(out).toContain('cancelled');
  });

  test('is waited for to its end, which is the exit code; a retry covers who did not get there', async () => {
    const { ctx } = site.world;
    expect(await signalbox('install orders 1.0.0 --hosts line-3 --json')).toBe(0);
    const job = Number(json().id);
    const waiting = signalbox(`job ${job} --wait`);
    await advanceJob(ctx, job);
    const [row] = await ctx.db.select().from(task).where(eq(task.jobId, job));
    const held = await startTask(ctx, row?.id ?? 0, 'worker-1');
    if (!held) throw new Error('the task did not start');
    await endTask(ctx, held, {
      status: 'failed',
      problem: { code: 'hook_failed', sentence: 'pre-install ended with 3' },
      restored: false,
    });
    await advanceJob(ctx, job);
    expect(await waiting).toBe(1);
    expect(out).toContain('pre-install ended with 3');
    expect(await signalbox(`retry ${job} --only failed --json`)).toBe(0);
    expect(json()).toMatchObject({ parentJobId: job, counts: { pending: 1 } });
  });

  test('over hosts out of service says whom it leaves out; a manual wave waits for continue', async () => {
    const { db } = site.world.ctx;
    await db.update(host).set({ life: 'maintenance' }).where(eq(host.name, 'line-4'));
    expect(await signalbox('install orders 1.0.0 --environment plant --waves 1,100%:manual --dry-run')).toBe(0);
    expect(out).toContain('left out: line-4 is in maintenance.');
    expect(out).not.toMatch(/line-4 +–/);
    expect(await signalbox('install orders 1.0.0 --hosts line-4')).toBe(1);
    expect(notes).toContain('in maintenance');
    expect(await signalbox('install orders 1.0.0 --environment plant --waves 1,100%:manual')).toBe(0);
    expect(out).toMatch(/4 pending\nleft out: line-4 is in maintenance\.\n$/);
    const job = /job (\d+)/.exec(out)?.[1];
    expect(await signalbox(`job ${job} --json`)).toBe(0);
    expect(json()).toMatchObject({ job: { plan: { waves: [{ count: 1 }, { ppm: 1_000_000, manual: true }] } } });
    expect(await signalbox(`continue ${job}`)).toBe(1);
    expect(notes).toContain('continue refused');
    expect(await signalbox(`cancel ${job}`)).toBe(0);
    await db.update(host).set({ life: 'active' }).where(eq(host.name, 'line-4'));
  });

  test('that lost a hook is run again only with --rerun-hook, and one behind it shows what blocks it', async () => {
    const { ctx } = site.world;
    expect(await signalbox('install orders 1.0.0 --hosts line-2 --json')).toBe(0);
    const job = Number(json().id);
    await advanceJob(ctx, job);
    const [row] = await ctx.db.select().from(task).where(eq(task.jobId, job));
    const held = await startTask(ctx, row?.id ?? 0, 'worker-1');
    expect(await signalbox('install orders 1.0.0 --hosts line-2 --json')).toBe(0);
    const behind = Number(json().id);
    await advanceJob(ctx, behind);
    expect(await signalbox(`job ${behind}`)).toBe(0);
    expect(out).toContain(`blocked by job ${job}`);
    expect(await signalbox(`cancel ${behind}`)).toBe(0);
    const problem = { code: 'lost', sentence: 'a hook was begun and nobody knows how it ended' };
    await endTask(ctx, held!, { status: 'failed', problem, restored: false });
    expect(await signalbox(`retry ${job}`)).toBe(1);
    expect(notes).toMatch(/how the hook on line-2 ended.*--rerun-hook/);
    expect(await signalbox(`retry ${job} --rerun-hook --json`)).toBe(0);
    expect(json()).toMatchObject({ parentJobId: job, counts: { pending: 1 } });
    expect(await signalbox(`cancel ${String(json().id)}`)).toBe(0);
  });

  test('needs to be told which hosts, once', async () => {
    expect(await signalbox('install orders 1.0.0')).toBe(2);
    expect(await signalbox('install orders 1.0.0 --all --hosts line-1')).toBe(2);
    expect(await signalbox('install orders 1.0.0 --all --waves many')).toBe(2);
    expect(notes).toContain('--waves does not understand many');
  });
});

describe('holds', () => {
  test('are put on a scope, listed with the jobs that they stop, and released', async () => {
    expect(await signalbox('hold --host line-4 --reason audit --until 2099-01-01T00:00Z --strict --json')).toBe(0);
    const id = Number(json().id);
    expect(await signalbox('install orders 1.0.0 --hosts line-4 --json')).toBe(0);
    const job = Number(json().id);
    await advanceJob(site.world.ctx, job);
    expect(await signalbox('holds')).toBe(0);
    expect(out).toMatch(
      new RegExp(`${id} +host line-4 +audit +token test +until 2099-01-01 00:00 UTC +strict +${job}`),
    );
    expect(await signalbox(`job ${job}`)).toBe(0);
    expect(out).toContain(`Stopped by hold ${id} "audit" (token test) until 2099-01-01 00:00 UTC`);
    expect(await signalbox(`release-hold ${id} --reason done`)).toBe(0);
    expect(await signalbox('holds')).toBe(0);
    expect(out).toBe('no holds\n');
    expect(await signalbox('holds --past')).toBe(0);
    expect(out).toContain('released by token test');
    expect(await signalbox(`cancel ${job}`)).toBe(0);
  });

  test('need a scope that exists, and a reason', async () => {
    expect(await signalbox('hold --reason audit')).toBe(2);
    expect(notes).toContain('--all for everything');
    expect(await signalbox('hold --all --host line-1 --reason audit')).toBe(2);
    expect(await signalbox('hold --all')).toBe(2);
    expect(await signalbox('hold --host nowhere --reason audit')).toBe(1);
    expect(await signalbox('hold --all --reason audit --until tomorrow')).toBe(2);
    expect(notes).toContain('--until does not understand tomorrow');
  });
});

test('approvals are listed and shown; deciding is for people, and that is said', async () => {
  const rule = { name: 'all', match: {}, required: 1, roles: ['approver'], allowSelf: false } as const;
  const durations = { expiresAfterMs: 28_800_000, startWithinMs: 3_600_000 };
  const { db } = site.world.ctx;
  await db.insert(approvalRule).values({ name: 'all', rule: { ...rule, ...durations, roles: ['approver'] } });
  expect(await signalbox('install orders 1.0.0 --hosts line-4 --json')).toBe(0);
  const job = Number(json().id);
  expect(await signalbox('approvals --state pending')).toBe(0);
  expect(out).toMatch(new RegExp(`1 +${job} +1\\.0\\.0 +1 in plant +pending +0 of 1 +token test +expires `));
  expect(notes).toContain('Deciding needs a person');
  expect(await signalbox('approval 1')).toBe(0);
  expect(out).toMatch(/1 +line-4 +– +1\.0\.0/);
  expect(out).toContain('nobody has decided yet');
  expect(await signalbox('approvals --state open')).toBe(2);
  expect(await signalbox(`cancel ${job}`)).toBe(0);
  await db.delete(approvalRule);
});

test('a log is printed as it is, by task or by job and host, and followed to its end', async () => {
  const { db } = site.world.ctx;
  await db.insert(taskLog).values({ taskId: 1, atByte: 0, content: Buffer.from('one\ntwo'), at: 0 });
  await db.update(task).set({ logBytes: 7 }).where(eq(task.id, 1));
  expect(await signalbox('logs 1')).toBe(0);
  expect(out).toBe('one\ntwo');
  expect(await signalbox('logs 1:line-2 --follow')).toBe(0);
  expect(out).toBe('one\ntwo');
  expect(await signalbox('logs 1 --json')).toBe(0);
  expect(json()).toEqual({ task: 1, from: 0, to: 7, text: 'one\ntwo' });
  expect(await signalbox('logs 1:nowhere')).toBe(2);
});

describe('apply', () => {
  const fleet = () => join(folder, 'fleet.yaml');

  test('shows the difference, asks, and does it once it is agreed to', async () => {
    await writeFile(
      fleet(),
      'products:\n  - { name: billing, channels: [stable], entryChannels: [stable], feed: { folder: /srv/billing } }\n',
    );
    expect(await signalbox(`apply -f ${fleet()} --dry-run`)).toBe(0);
    expect(out).toMatch(/^\+ product billing$/m);
    expect(await signalbox(`apply -f ${fleet()}`)).toBe(2);
    expect(notes).toContain('--yes');
    expect(await signalbox(`apply -f ${fleet()}`, { answer: false })).toBe(1);
    expect(await signalbox('products')).toBe(0);
    expect(out).not.toContain('billing');
    expect(await signalbox(`apply -f ${fleet()}`, { answer: true })).toBe(0);
    expect(await signalbox('products')).toBe(0);
    expect(out).toContain('billing');
    expect(await signalbox(`apply -f ${fleet()}`)).toBe(0);
    expect(out).toContain('nothing to change');
  });

  test('a file that is wrong is refused with each line and reason', async () => {
    await writeFile(fleet(), 'products:\n  - { name: "No Name", channels: [] }\nhosts: 7\n');
    expect(await signalbox(`apply -f ${fleet()} --yes`)).toBe(1);
    expect(notes.trim().split('\n').length).toBeGreaterThan(2);
    expect(await signalbox('apply -f /nowhere/fleet.yaml')).toBe(2);
  });
});

test('tokens are created, listed and revoked; the secret is the one line of the result', async () => {
  expect(await signalbox('token create ci --grants viewer,operator --days 30')).toBe(0);
  const secret = out.trim();
  expect(secret).toMatch(/^sb_[\w-]{43}$/);
  expect(await signalbox('products', { env: { SIGNALBOX_TOKEN: secret } })).toBe(0);
  expect(await signalbox('token list')).toBe(0);
  const id = /^(\d+) +ci /m.exec(out)?.[1];
  expect(out).not.toContain(secret);
  expect(await signalbox(`token revoke ${id}`)).toBe(0);
  expect(await signalbox('products', { env: { SIGNALBOX_TOKEN: secret } })).toBe(4);
  expect(await signalbox('token create ci --grants approver')).toBe(2);
});

test('login-link signs a person in from the database alone', async () => {
  await site.cookieOf(['viewer']);
  const env = { DATABASE_URL: site.world.url, SIGNALBOX_URL: 'https://box.example', SIGNALBOX_TOKEN: '' };
  expect(await signalbox('login-link person-1@example.com', { env })).toBe(0);
  expect(out).toMatch(/^https:\/\/box\.example\/sign-in#/);
  site.world.time.now = Date.now();
  expect((await useLink(site.world.ctx, { token: secretIn(out.trim()) })).actor.name).toBe('Person 1');
  expect(await signalbox('login-link nobody@example.com', { env })).toBe(1);
  const elsewhere = { SIGNALBOX_DATA: folder, SIGNALBOX_URL: 'https://box.example' };
  expect(await signalbox('login-link person-1@example.com', { env: elsewhere })).toBe(1);
  expect(notes).toContain('no Signalbox runs');
});

describe('the end of the process', () => {
  const signalboxProcess = (args: string[], env: Record<string, string>) =>
    promisify(execFile)(process.execPath, ['server/cli/signalbox.ts', ...args], {
      env: { PATH: process.env.PATH, ...env },
    }).then(
      ({ stdout }) => ({ code: 0, text: stdout }),
      (error: { code: number; stderr: string }) => ({ code: error.code, text: error.stderr }),
    );

  test('says what became of it', async () => {
    const env = { SIGNALBOX_URL: site.url, SIGNALBOX_TOKEN: token };
    expect(await signalboxProcess(['products'], env)).toMatchObject({ code: 0 });
    expect(await signalboxProcess(['job', '4000'], env)).toMatchObject({ code: 1 });
    expect(await signalboxProcess(['jbos'], env)).toEqual({
      code: 2,
      text: 'There is no command jbos. Did you mean jobs? signalbox --help lists them.\n',
    });
    const nowhere = await signalboxProcess(['products'], { SIGNALBOX_URL: 'http://127.0.0.1:9' });
    expect(nowhere).toMatchObject({ code: 3, text: expect.stringContaining('127.0.0.1:9') as string });
    expect(await signalboxProcess(['products'], { SIGNALBOX_URL: site.url })).toMatchObject({ code: 4 });
  }, 60_000);

  test('every command has help that names its options', async () => {
    expect(await signalbox('--help')).toBe(0);
    const names = Object.keys(commands);
    for (const name of names) expect(out).toContain(`\n  ${name} `);
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) {
      expect(await signalbox(`${name} --help`)).toBe(0);
      expect(out).toContain(`usage: signalbox ${name}`);
    }
  });
});

test('displays are paired, listed, changed and revoked', async () => {
  const { code, secret } = await askCode(site.world.ctx);
  expect(await signalbox(`display pair ${code} hall --views overview,hosts --seconds 20`)).toBe(0);
  expect(out).toBe('display 1 (hall) shows the wall\n');
  await claimDisplay(site.world.ctx, { secret });
  expect(await signalbox('display change 1 --views jobs')).toBe(0);
  expect(await signalbox('display list')).toBe(0);
  expect(out).toMatch(/^1 +hall +jobs +20 s +2026-/m);
  expect(await signalbox('display change 1 --views clock')).toBe(2);
  expect(notes).toContain('a wall has no view clock. It has overview, hosts, jobs.');
  expect(await signalbox('display revoke 1')).toBe(0);
  expect(await signalbox('display list')).toBe(0);
  expect(out).toBe('no displays\n');
});
