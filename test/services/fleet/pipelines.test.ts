import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pipelineViews } from '../../../db/queries/pipeline-views.ts';
import { environmentViews } from '../../../db/queries/views.ts';
import { declaredPipelineOf } from '../../../server/contracts/pipeline-file.ts';
import { apply, differenceOf, everything, plan } from '../../support/fleet.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => world.clear());
afterAll(() => world.close());

const night = { timeZone: 'Europe/Berlin', windows: [{ days: ['mon', 'tue'], start: '22:00', end: '04:00' }] };
const pipeline = {
  timeZone: 'Europe/Berlin',
  healthyThreshold: 0.9,
  maintenance: night,
  recall: { freeze: '2d' },
  stages: [
    { source: 'dev', target: 'canary', kind: 'timed', duration: '1h', excludeWeekends: true },
    {
      source: 'canary',
      target: 'stable',
      kind: 'canary',
      filters: [{ withLabel: { key: 'tier', values: ['test'] } }, { exclude: ['plant'] }],
      promoteWhenHealthy: { needed: '50%', duration: '2d' },
      recallWhenUnhealthy: { needed: 1, duration: '0s' },
      minimumEntityCount: 1,
      requireReleaseLabel: { key: 'tested' },
    },
  ],
};
const fleet = (more: object = { pipeline }) => ({
  products: [{ name: 'orders', channels: ['dev', 'canary', 'stable'], entryChannels: ['dev'], ...more }],
});
const stored = () => pipelineViews(world.ctx.db, {});
const refusal = (stages: object[], more: object = {}) =>
  apply(world, fleet({ pipeline: { stages, ...more } })).then(
    () => [],
    (error: { errors: { path: string; message: string }[] }) => error.errors,
  );

describe('the pipeline of a product in a fleet file', () => {
  test('comes out as it was written, in the units of the rules', async () => {
    expect(differenceOf(await apply(world, fleet()))).toContain('+ pipeline orders');
    expect(await stored()).toEqual([
      {
        id: 1,
        revision: 1,
        productId: 1,
        healthyPpm: 900_000,
        unhealthyPpm: 50_000,
        timeZone: 'Europe/Berlin',
        excludeWeekends: true,
        expectsHealth: false,
        terminalIsUnhealthy: false,
        staleAfterMs: 300_000,
        windows: night,
        recallPolicy: { type: 'freeze', forMs: 2 * 86_400_000 },
        paused: null,
        managedBy: 'fleet.yaml',
        stages: [
          {
            source: 'dev',
            target: 'canary',
            kind: 'timed',
            durationMs: 3_600_000,
            excludeWeekends: true,
            requireLabel: null,
          },
          {
            source: 'canary',
            target: 'stable',
            kind: 'canary',
            filters: [
              { type: 'with_label', key: 'tier', values: ['test'] },
              { type: 'exclude', environments: ['plant'] },
            ],
            promoteWhenHealthy: { needed: { ppm: 500_000 }, durationMs: 2 * 86_400_000 },
            recallWhenUnhealthy: { needed: { count: 1 }, durationMs: 0 },
            minimumEntityCount: 1,
            requireLabel: { key: 'tested' },
            rollOffAll: false,
          },
        ],
      },
    ]);
  });

  test('is written back as a file would have it: what a form starts with', async () => {
    await apply(world, fleet());
    const [view] = await stored();
    const written = declaredPipelineOf(view!);
    expect(written).toMatchObject(pipeline);
    expect(differenceOf(await plan(world, fleet({ pipeline: written })))).toEqual([]);
  });

  test('applied again changes nothing; an edit is shown and raises the revision', async () => {
    await apply(world, fleet());
    const before = await everything(world);
    expect(differenceOf(await apply(world, fleet()))).toEqual([]);
    expect(await everything(world)).toEqual(before);
    const edited = fleet({ pipeline: { ...pipeline, healthyThreshold: 0.8 } });
    expect(differenceOf(await plan(world, edited))).toEqual(['~ pipeline orders: healthyPpm']);
    await apply(world, edited);
    expect(await stored()).toMatchObject([{ revision: 2, healthyPpm: 800_000 }]);
  });

  test('that the file no longer declares stays until it is pruned', async () => {
    await apply(world, fleet());
    expect((await apply(world, fleet({}))).unmanaged).toEqual([{ kind: 'pipeline', name: 'orders' }]);
    expect(await stored()).toHaveLength(1);
    expect(differenceOf(await apply(world, fleet({}), { prune: true }))).toEqual(['- pipeline orders']);
    expect(await stored()).toEqual([]);
  });

  test('branches are taken, cycles are refused', async () => {
    const timed = (source: string, target: string) => ({ source, target, kind: 'timed', duration: '0s' });
    expect(await refusal([timed('dev', 'canary'), timed('dev', 'stable')])).toEqual([]);
    const round = await refusal([timed('dev', 'canary'), timed('canary', 'stable'), timed('stable', 'dev')]);
    expect(round).toEqual([{ path: expect.any(String), message: expect.stringContaining('form a cycle') }]);
  });

  test('every fault is told with the line of its stage or field', async () => {
    const text = [
      'products:',
      '  - name: orders',
      '    channels: [dev, canary]',
      '    entryChannels: [dev]',
      '    pipeline:',
      '      healthyThreshold: 1.5',
      '      stages:',
      '        - { source: dev, target: canary, kind: timed, duration: 32d }',
      '        - { source: dev, target: canary, kind: timed, duration: 1h }',
      '        - { source: canary, target: gone, kind: timed, duration: 1h }',
    ].join('\n');
    const errors = await apply(world, text).then(
      () => [],
      (error: { errors: { path: string; message: string }[] }) => error.errors,
    );
    expect(errors.map(({ path }) => path)).toEqual(['fleet.yaml:6', 'fleet.yaml:8', 'fleet.yaml:9', 'fleet.yaml:10']);
    expect(errors[1]?.message).toMatch(/duration lies outside 0 s to 31 d/);
    expect(errors[2]?.message).toMatch(/is there twice/);
    expect(errors[3]?.message).toMatch(/no channel gone/);
  });

  test('an unknown zone and a window without days are refused', async () => {
    const bad = await refusal([], {
      maintenance: { timeZone: 'Mars/Olympus', windows: [{ days: [], start: '9:00', end: '10:00' }] },
    });
    expect(bad.map(({ message }) => message).join('\n')).toMatch(/Mars\/Olympus[^]*names no day[^]*9:00/);
  });
});

test('an environment has its windows, and none when the file names none', async () => {
  const environment = { name: 'plant', recallWaitsForWindow: true, maintenance: night };
  await apply(world, { environments: [environment, { name: 'lab' }] });
  expect(await environmentViews(world.ctx.db, {})).toMatchObject([
    { windows: night, recallWaitsForWindow: true },
    { windows: { timeZone: 'UTC', windows: [] }, recallWaitsForWindow: false },
  ]);
});
