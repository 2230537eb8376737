import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activity } from '../../../db/schema/index.ts';
import { settledCursor } from '../../../db/queries/activities.ts';
import { compareCursors } from '../../../db/cursor.ts';
import { desc } from 'drizzle-orm';
import { streamEvidence } from '../../../server/services/evidence/stream.ts';
import { hostsCsv } from '../../../server/services/evidence/hosts-csv.ts';
import { applyFleet } from '../../../server/services/fleet/apply.ts';
import { recordLog } from '../../../server/services/task/report.ts';
import type { TaskView } from '../../../server/domain/views.ts';
import { rollouts } from '../../support/rollout.ts';
import { until } from '../../support/until.ts';
import { declareFleet, openWorld, publish, type World } from '../../support/world.ts';

const run = promisify(execFile);

let world: World;
let rollout: ReturnType<typeof rollouts>;
let folder: string;
beforeAll(async () => {
  world = await openWorld({ SIGNALBOX_BAKE_MS: '0' });
  rollout = rollouts(world);
  folder = await mkdtemp(join(tmpdir(), 'signalbox-evidence-'));
});
beforeEach(() => world.clear());
afterAll(async () => {
  await rm(folder, { recursive: true });
  await world.close();
});

/** Of each host, by name: larger than one read, and bytes that are no text. */
const logs: Record<string, Buffer> = {
  'line-1': Buffer.concat([Buffer.alloc(700_000, 'post-install: working\n'), Buffer.from([0, 255, 10])]),
  'line-2': Buffer.from('zwölf Hosts, "quoted", =1+1\n'),
  'line-3': Buffer.alloc(0),
};

/** A job that failed on line-1, with the logs of its hosts. */
async function failedJob(): Promise<number> {
  await declareFleet(world, { targets: 3 });
  await publish(world, ['1.0.0']);
  await rollout.download([1]);
  const id = await rollout.install(1, [1, 2, 3], { maxFailures: { count: 3 } });
  for (const held of await rollout.deliver()) {
    const hostId = await rollout.hostOf(held);
    const content = logs[`line-${hostId}`]!;
    for (let from = 0; from < content.length; from += 65_536) {
      const part = content.subarray(from, from + 65_536);
      await recordLog(world.ctx, held, { from, to: from + part.length, content: part });
    }
    if (hostId === 1) await rollout.fail(held);
    else await rollout.succeed(held);
  }
  return id;
}

async function settled(): Promise<void> {
  await until('the settled log', async () => {
    const [last] = await world.ctx.db.select().from(activity).orderBy(desc(activity.xid), desc(activity.seq)).limit(1);
    return compareCursors(await settledCursor(world.ctx.db), `${last!.xid}.${last!.seq}`) >= 0;
  });
}

/** Unpacks with the system's tar. Answers with the folder that the archive makes. */
async function unpacked(id: number): Promise<string> {
  const { name, content } = await streamEvidence.run(world.ctx, world.operator, { id });
  const into = await mkdtemp(join(folder, 'unpacked-'));
  await pipeline(content, createWriteStream(join(into, name)));
  await run('tar', ['xzf', name], { cwd: into });
  return join(into, `signalbox-job-${id}`);
}

const json = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;

describe('the evidence of a job', () => {
  test('unpacks with tar, passes sha256sum, and holds each log byte for byte', async () => {
    const id = await failedJob();
    await settled();
    const at = await unpacked(id);
    expect((await readdir(at)).sort()).toEqual(
      ['SHA256SUMS', 'approvals.json', 'configuration.json', 'hosts.csv', 'job.json', 'logs', 'timeline.jsonl'].sort(),
    );
    const { stdout } = await run('sha256sum', ['--check', 'SHA256SUMS'], { cwd: at });
    expect(stdout.trim().split('\n').sort()).toEqual(
      [
        'approvals.json: OK',
        'configuration.json: OK',
        'hosts.csv: OK',
        'job.json: OK',
        'logs/line-1.log: OK',
        'logs/line-2.log: OK',
        'logs/line-3.log: OK',
        'timeline.jsonl: OK',
      ].sort(),
    );
    for (const [host, content] of Object.entries(logs)) {
      expect((await readFile(join(at, 'logs', `${host}.log`))).equals(content), host).toBe(true);
    }
  });

  test('says what happened on each host, in the log and with the job', async () => {
    const id = await failedJob();
    await settled();
    const at = await unpacked(id);
    const [heading, ...rows] = (await readFile(join(at, 'hosts.csv'), 'utf8')).trim().split('\r\n');
    expect(heading).toMatch(/^host,role,environment,task,wave,status,code,why/);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^line-1,target,plant,\d+,1,failed,hook_failed,/);
    const lines = (await readFile(join(at, 'timeline.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ kind: 'job.requested', jobId: id, actor: 'Ana' });
    expect(lines.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['task.ended', 'job.ended', 'incident.opened']),
    );
    expect(await json(join(at, 'job.json'))).toMatchObject({ job: { id, status: 'failed' }, incident: { jobId: id } });
    expect(await json(join(at, 'approvals.json'))).toEqual({ requests: [], decisions: [], brokenGlass: [] });
  });

  test('shows the configuration as it was when the job was asked for, whatever has become of it', async () => {
    const id = await failedJob();
    const text = [
      'products:',
      '  - { name: orders, channels: [stable], entryChannels: [stable], feed: { folder: /srv/feed } }',
      'environments:',
      '  - { name: plant, labels: { region: north }, subscriptions: { orders: stable } }',
    ].join('\n');
    await applyFleet.run(world.ctx, world.operator, { file: 'fleet.yaml', text, prune: false });
    await settled();
    const at = await unpacked(id);
    expect(await json(join(at, 'configuration.json'))).toMatchObject({
      plan: { maxFailures: { count: 3 } },
      product: { name: 'orders' },
      release: { version: '1.0.0', channels: ['stable'] },
      environments: [{ name: 'plant', labels: {} }],
    });
  });

  test('is the same every time it is asked for', async () => {
    const id = await failedJob();
    await settled();
    const sums = await Promise.all([1, 2].map(async () => readFile(join(await unpacked(id), 'SHA256SUMS'), 'utf8')));
    expect(sums[0]).toBe(sums[1]);
  });

  test('that somebody stops reading in the middle breaks nothing: the next one is whole', async () => {
    const id = await failedJob();
    const { content } = await streamEvidence.run(world.ctx, world.operator, { id });
    for await (const _chunk of content) break;
    expect(content.destroyed).toBe(true);
    await settled();
    await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: await unpacked(id) });
  });

  test('of a job that nobody knows is not found', async () => {
    await expect(streamEvidence.run(world.ctx, world.operator, { id: 9 })).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('a cell of the table of hosts is never taken for a formula, nor its commas for columns', () => {
  const sentence = '=HYPERLINK("x"), and more\nlines';
  const task = { hostName: 'line-1', environmentId: 1, problem: { code: 'x', sentence } } as unknown as TaskView;
  expect(hostsCsv([{ ...task, startedAt: null, endedAt: null }], new Map())).toContain(
    `"'=HYPERLINK(""x""), and more\nlines"`,
  );
});
