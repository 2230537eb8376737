import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listEvaluations } from '../../../server/services/evaluation/list.ts';
import { reopenEvaluation } from '../../../server/services/evaluation/reopen.ts';
import { createHold } from '../../../server/services/hold/create.ts';
import { releaseHold } from '../../../server/services/hold/release.ts';
import { pausePipeline, resumePipeline } from '../../../server/services/pipeline/pause.ts';
import { savePipeline } from '../../../server/services/pipeline/save.ts';
import { declaredPipeline } from '../../../server/contracts/pipeline-file.ts';
import { tickPipeline } from '../../../server/services/pipeline/tick.ts';
import { demoteRelease } from '../../../server/services/release/demote.ts';
import { promoteRelease } from '../../../server/services/release/promote.ts';
import { undemoteRelease } from '../../../server/services/release/undemote.ts';
import { activities } from '../../support/fleet.ts';
import { HOUR, MINUTE, pipelines, type Pipelines } from '../../support/pipeline.ts';
import { openWorld, start, type World } from '../../support/world.ts';

let world: World;
let line: Pipelines;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(async () => {
  await world.clear();
  line = pipelines(world);
});
afterAll(() => world.close());

const timed = (source: string, target: string, duration: string, more: object = {}) => ({
  source,
  target,
  kind: 'timed',
  duration,
  ...more,
});
const fleet = (stages: object[] | null, more: object = {}) => ({
  products: [
    {
      name: 'orders',
      channels: ['dev', 'canary', 'stable'],
      entryChannels: ['dev'],
      feed: { folder: '/srv/feed' },
      ...(stages ? { pipeline: { stages, ...more } } : {}),
    },
  ],
});
const facts = async () =>
  (await activities(world)).filter(({ kind }) => /^(evaluation|release\.promoted)/.test(kind)).map(({ kind }) => kind);
const byHand = (input: object) =>
  promoteRelease.run(world.ctx, world.operator, { id: 1, channel: 'canary', reason: 'urgent', ...input } as never);
const history = async () => {
  const [row] = await world.ctx.db.$client<{ history: { closedBy: string; by: string; status: string }[] }[]>`
    select history from evaluation where id = 1`;
  return row!.history.map(({ closedBy, by, status }) => [closedBy, by, status]);
};

describe('a timed stage', () => {
  test('promotes to the millisecond, not at the next minute, and once', async () => {
    await line.declare(fleet([timed('dev', 'canary', '90s')]));
    await line.publish(['1.0.0']);
    await line.pass(90_000 - 1);
    expect(await line.told()).toEqual(['1.0.0 dev→canary evaluating soaking']);
    expect(await line.evaluations()).toMatchObject([{ eligibleAt: start + 90_000 }]);
    await line.pass(1);
    expect(await line.on('canary')).toEqual(['1.0.0']);
    await line.pass(10 * MINUTE);
    expect(await facts()).toEqual(['evaluation.begun', 'evaluation.promoted', 'release.promoted']);
  });

  test('stages that follow each other are passed one after the other, at once when they ask for no time', async () => {
    await line.declare(fleet([timed('dev', 'canary', '0s'), timed('canary', 'stable', '0s')]));
    await line.publish(['1.0.0', '1.1.0']);
    await line.settle();
    expect(await line.on('canary')).toEqual(['1.0.0', '1.1.0']);
    expect(await line.on('stable')).toEqual(['1.0.0', '1.1.0']);
  });

  test('two stages that lead to one channel enter a release there once', async () => {
    await line.declare(
      fleet([timed('dev', 'canary', '0s'), timed('dev', 'stable', '1h'), timed('canary', 'stable', '1h')]),
    );
    await line.publish(['1.0.0']);
    await line.pass(HOUR);
    await line.pass(MINUTE);
    expect(await line.on('stable')).toEqual(['1.0.0']);
    expect(await line.told()).toEqual([
      '1.0.0 dev→canary promoted',
      '1.0.0 dev→stable promoted',
      '1.0.0 canary→stable promoted',
    ]);
  });

  test('a release that is not newer than what is on the target is superseded', async () => {
    await line.declare(fleet([timed('dev', 'canary', '1h')]));
    await line.publish(['2.0.0']);
    await line.pass(HOUR);
    await line.publish(['1.9.0']);
    await line.pass(HOUR);
    expect(await line.told()).toEqual(['2.0.0 dev→canary promoted', '1.9.0 dev→canary superseded target_is_newer']);
  });

  test('a demotion on the source ends the evaluation, an un-demotion begins it anew from then on', async () => {
    await line.declare(fleet([timed('dev', 'canary', '1h')]));
    await line.publish(['1.0.0']);
    await line.pass(30 * MINUTE);
    const change = { id: 1, channel: 'dev', reason: 'x' };
    await demoteRelease.run(world.ctx, world.operator, change);
    await line.settle();
    expect(await line.told()).toEqual(['1.0.0 dev→canary cancelled not_on_source']);
    await undemoteRelease.run(world.ctx, world.operator, change);
    await line.settle();
    expect(await line.evaluations()).toMatchObject([{ status: 'evaluating', eligibleAt: start + 90 * MINUTE }]);
    expect(await history()).toEqual([['on_source_again', 'signalbox', 'cancelled']]);
    await line.pass(HOUR);
    expect(await line.on('canary')).toEqual(['1.0.0']);
  });

  test('a hold stops the promotion, says whose it is, and lets it go on by itself', async () => {
    await line.declare(fleet([timed('dev', 'canary', '1h')]));
    await line.publish(['1.0.0']);
    const scope = { product: 'orders' };
    const hold = await createHold.run(world.ctx, world.operator, { scope, reason: 'Q3 close', strict: false });
    await line.pass(2 * HOUR);
    expect(await line.evaluations()).toMatchObject([
      { reasons: [{ code: 'held', sentence: expect.stringContaining('"Q3 close" (Ana)') }], eligibleAt: null },
    ]);
    await releaseHold.run(world.ctx, world.operator, { id: hold.id });
    await line.settle();
    expect(await line.on('canary')).toEqual(['1.0.0']);
  });

  test('a hold that runs out lets it go on at that instant', async () => {
    await line.declare(fleet([timed('dev', 'canary', '1h')]));
    await line.publish(['1.0.0']);
    const expiresAt = start + 2 * HOUR + 1_234;
    await createHold.run(world.ctx, world.operator, { scope: {}, reason: 'x', strict: false, expiresAt });
    await line.pass(2 * HOUR + 1_234);
    expect(await line.on('canary')).toEqual(['1.0.0']);
  });

  test('a pause stops everything, a resume lets it go on at once', async () => {
    await line.declare(fleet([timed('dev', 'canary', '1h')]));
    await line.publish(['1.0.0']);
    await line.settle();
    await pausePipeline.run(world.ctx, world.operator, { id: 1, reason: 'audit' });
    await line.pass(2 * HOUR);
    expect(await line.on('canary')).toEqual([]);
    await expect(pausePipeline.run(world.ctx, world.operator, { id: 1, reason: 'x' })).rejects.toMatchObject({
      reason: 'already_paused',
    });
    await resumePipeline.run(world.ctx, world.operator, { id: 1 });
    await line.settle();
    expect(await line.on('canary')).toEqual(['1.0.0']);
  });

  test('an edit counts from the next look on and keeps what was under way', async () => {
    await line.declare(fleet([timed('dev', 'canary', '1d')]));
    await line.publish(['1.0.0']);
    await line.settle();
    await line.declare(fleet([timed('dev', 'canary', '2h')]));
    await line.settle();
    expect(await line.evaluations()).toMatchObject([{ since: start, eligibleAt: start + 2 * HOUR }]);
    expect(await history()).toEqual([['stage_changed', 'signalbox', 'evaluating']]);
    await line.declare(fleet([]));
    await line.settle();
    expect(await line.told()).toEqual(['1.0.0 dev→canary cancelled stage_removed']);
    await line.declare(fleet([timed('dev', 'canary', '3h')]));
    await line.settle();
    expect(await line.told()).toEqual(['1.0.0 dev→canary evaluating soaking']);
  });

  test('what was decided is judged again when a person opens it with a reason', async () => {
    await line.declare(fleet([timed('dev', 'canary', '1h')]));
    await line.publish(['2.0.0']);
    await line.pass(HOUR);
    await line.publish(['1.9.0']);
    await line.settle();
    await demoteRelease.run(world.ctx, world.operator, { id: 1, channel: 'canary', reason: 'bad' });
    await line.pass(HOUR);
    expect(await line.told()).toContain('1.9.0 dev→canary superseded target_is_newer');
    await reopenEvaluation.run(world.ctx, world.operator, { id: 2, reason: '2.0.0 is off canary' });
    await line.settle();
    expect(await line.on('canary')).toEqual(['-2.0.0', '1.9.0']);
    await expect(reopenEvaluation.run(world.ctx, world.operator, { id: 99, reason: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('looks that say the same write nothing', async () => {
    await line.declare(fleet([timed('dev', 'canary', '5d')]));
    await line.publish(['1.0.0']);
    await line.pass(HOUR);
    const before = await activities(world);
    await line.pass(HOUR);
    for (let hour = 0; hour < 24; hour += 1) {
      world.time.now += HOUR;
      await line.look();
    }
    expect(await activities(world)).toEqual(before);
  });

  test('looks at the same instant promote once, whoever else promotes by hand', async () => {
    await line.declare(fleet([timed('dev', 'canary', '0s')]));
    await line.publish(['1.0.0']);
    const looks = Array.from({ length: 4 }, () => tickPipeline(world.ctx, new Map(), 1));
    const outcomes = await Promise.allSettled([...looks, byHand({})]);
    expect(outcomes.slice(0, 4).map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'));
    expect(await line.on('canary')).toEqual(['1.0.0']);
    expect((await facts()).filter((kind) => kind === 'release.promoted')).toHaveLength(1);
  });
});

describe('promotion by hand', () => {
  test('skips soak and window, stands with its reason, and the stage is over', async () => {
    const night = { timeZone: 'UTC', windows: [{ days: ['sun'], start: '01:00', end: '02:00' }] };
    await line.declare(fleet([timed('dev', 'canary', '5d')], { maintenance: night }));
    await line.publish(['1.0.0']);
    await line.settle();
    expect(await byHand({})).toMatchObject({ channels: ['canary', 'dev'] });
    await line.settle();
    expect(await line.evaluations()).toMatchObject([
      { status: 'promoted', decidedBy: 'Ana', decisionReason: 'urgent' },
    ]);
    await expect(byHand({})).rejects.toMatchObject({ reason: 'already_promoted' });
  });

  test('keeps label, holds and the source; a channel that is not there is named', async () => {
    await line.declare(fleet([timed('dev', 'canary', '5d', { requireReleaseLabel: { key: 'tested' } })]));
    await line.publish(['1.0.0']);
    await expect(byHand({})).rejects.toMatchObject({ reason: 'label_missing' });
    await expect(byHand({ channel: 'gone' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(byHand({ channel: 'stable', from: 'canary' })).rejects.toMatchObject({ reason: 'not_on_source' });
    await createHold.run(world.ctx, world.operator, { scope: { channel: 'stable' }, reason: 'x', strict: false });
    await expect(byHand({ channel: 'stable' })).rejects.toMatchObject({ reason: 'held' });
  });
});

test('a pipeline saved by hand moves releases; one that a file owns is changed there', async () => {
  await line.declare(fleet(null));
  await line.publish(['1.0.0']);
  const save = (stages: object[]) =>
    savePipeline.run(world.ctx, world.operator, { id: 1, ...declaredPipeline.parse({ stages }) });
  await expect(save([timed('dev', 'gone', '1h')])).rejects.toMatchObject({ reason: 'pipeline_faulty' });
  expect(await save([timed('dev', 'canary', '1h')])).toMatchObject({ revision: 1, managedBy: null });
  await line.pass(HOUR);
  expect(await line.on('canary')).toEqual(['1.0.0']);
  await line.declare(fleet([timed('dev', 'canary', '2h')]));
  await expect(save([])).rejects.toMatchObject({ reason: 'declared_by_file' });
  const page = await listEvaluations.run(world.ctx, world.operator, { releaseId: 1, limit: 10 });
  expect(page.items).toMatchObject([{ version: '1.0.0', status: 'promoted' }]);
});
