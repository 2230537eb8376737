import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { run } from '../../server/cli/run.ts';
import { openTerminal } from '../../server/cli/terminal.ts';
import { DAY, HOUR, pipelines, type Pipelines } from '../support/pipeline.ts';
import { openSite, type Site } from '../support/site.ts';

let site: Site;
let line: Pipelines;
let token: string;
let out: string;

beforeAll(async () => {
  site = await openSite({ settings: { SIGNALBOX_PIPELINE_MS: String(HOUR) } });
});
afterAll(() => site.close());

/** 1.0.0 soaks at a stage of a day, and one host is updated by itself. */
beforeEach(async () => {
  await site.world.clear();
  line = pipelines(site.world);
  token = await site.tokenOf(['operator']);
  await line.declare({
    products: [
      {
        name: 'orders',
        channels: ['dev', 'stable'],
        entryChannels: ['dev'],
        pipeline: { stages: [{ source: 'dev', target: 'stable', kind: 'timed', duration: '1d' }] },
      },
    ],
    environments: [{ name: 'plant', updatePolicy: 'auto', subscriptions: { orders: 'stable' } }],
    hosts: [{ name: 'line-1', environment: 'plant', root: '/srv/1', local: true }],
  });
  await line.publish(['1.0.0']);
  await line.settle();
});

/** One command line, spoken to the server over HTTP as always. Words in quotes stay together. Answers with the exit code. */
async function signalbox(text: string): Promise<number> {
  out = '';
  const words = [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
  return run(words, (json) => ({
    ...openTerminal({ SIGNALBOX_URL: site.url, SIGNALBOX_TOKEN: token }, json),
    write: (said) => void (out += said),
    print: (said) => void (out += `${said}\n`),
    note: () => undefined,
    show: (value, lines) => void (out += json ? JSON.stringify(value) : `${lines().join('\n')}\n`),
  }));
}

test('a pipeline, its evaluations and what automation says are shown', async () => {
  expect(await signalbox('pipeline orders')).toBe(0);
  expect(out).toMatch(/dev +0 +1\.0\.0/);
  expect(out).toMatch(/1\.0\.0 +dev → stable +evaluating +2026-03-03 08:00 UTC +The release soaks/);
  expect(await signalbox('evaluations orders --release 1.0.0')).toBe(0);
  expect(out).toContain('dev → stable');
  expect(await signalbox('evaluation 1')).toBe(0);
  expect(out).toMatch(/soaking +no +The release soaks/);
  expect(await signalbox('automatic orders')).toBe(0);
  expect(out).toMatch(/line-1 +– +Channel stable: no active release/);
});

test('a pause and a resume need no second look, a promotion by hand needs a reason', async () => {
  expect(await signalbox('pipeline pause orders --reason "audit"')).toBe(0);
  expect(await signalbox('pipeline orders')).toBe(0);
  expect(out).toContain('paused by token');
  expect(await signalbox('pipeline resume orders')).toBe(0);
  expect(await signalbox('promote orders 1.0.0 stable')).not.toBe(0);
  expect(await signalbox('promote orders 1.0.0 stable --reason "cannot wait"')).toBe(0);
  expect(await line.on('stable')).toEqual(['1.0.0']);
  expect(await signalbox('reopen 1 --reason "look again"')).toBe(0);
  await line.pass(DAY);
  expect(await line.told()).toEqual(['1.0.0 dev→stable promoted']);
});
