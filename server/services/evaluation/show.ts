import { findEvaluation, type EvaluationRow } from '../../../db/queries/evaluations.ts';
import { evaluationViews } from '../../../db/queries/pipeline-views.ts';
import { intervalsOf } from '../../../db/queries/soaks.ts';
import { one } from '../../../db/queries/views.ts';
import { cannotPass } from '../../domain/canary-outlook.ts';
import type { EntitySoak } from '../../domain/evaluation.ts';
import { healthKeptFrom } from '../../domain/health-retention.ts';
import { healthTimeline } from '../../domain/health-timeline.ts';
import { soakBar, type BarPiece } from '../../domain/soak-bar.ts';
import type { EvaluationView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { canaryFacts, testEntities } from '../pipeline/canary-facts.ts';
import { readPipelineFacts, stageFacts, type PipelineFacts } from '../pipeline/facts.ts';
import { demandProduct } from '../pipeline/find.ts';
import { pinOn } from '../pipeline/pins.ts';
import { inForceThere, newSoakMemory } from '../pipeline/soak-memory.ts';
import { verb } from '../verb.ts';
import { noSuchEvaluation } from './reopen.ts';
import { requirementsOf } from './requirements.ts';

/** Bars are drawn for so many entities; the figures are there for all. */
const BARS = 200;

/** One evaluation with every requirement, the soak of each test entity, and what came before. Rule: sections 5 and 7. */
export const showEvaluation = verb('pipeline.read', async (ctx, _actor, { id }: { id: number }) => {
  const row = await findEvaluation(ctx.db, id);
  const evaluation = await one(evaluationViews, ctx.db, id);
  if (!row || !evaluation) throw noSuchEvaluation('Show', id);
  const now = ctx.clock.now();
  const product = await demandProduct(ctx.db, row.productId, 'Show');
  const memory = row.endedAt === null && row.stage.kind === 'canary' ? newSoakMemory() : null;
  const facts = await readPipelineFacts(ctx.db, product, memory, now);
  const { healthyPpm, unhealthyPpm } = facts.settings;
  const { entities, outlook } = testedNow(facts, row, now);
  const bars = await barsOf(ctx, facts, entities.slice(0, BARS), row.endedAt);
  return {
    evaluation: evaluation as EvaluationView,
    stage: row.stage,
    criteria: { healthyPpm, unhealthyPpm },
    requirements: requirementsOf(row.stage, evaluation, facts.settings.windows),
    cannotPass: outlook,
    entities: entities.map((entity) => ({
      ...entity,
      pinned: pinOn(facts, row, entity),
      bar: bars.get(entity.environmentId) ?? [],
    })),
    history: row.history,
  };
});

function testedNow(
  facts: PipelineFacts,
  row: EvaluationRow,
  now: number,
): { entities: readonly EntitySoak[]; outlook: ReturnType<typeof cannotPass> } {
  const { stage } = row;
  if (stage.kind !== 'canary') return { entities: [], outlook: null };
  if (row.endedAt !== null) return { entities: row.soaks ?? [], outlook: null };
  const entities = testEntities(facts, stage, row.releaseId, row.since);
  const release = facts.placed.find(
    ({ releaseId, channel }) => releaseId === row.releaseId && channel === stage.source,
  );
  if (!release) return { entities, outlook: null };
  const common = stageFacts(facts, stage, release, 'automation', now);
  return { entities, outlook: cannotPass(stage, canaryFacts(facts, common, entities, stage, release, row.since), now) };
}

/** What each entity's nodes have said since its soak began, drawn; nothing is where that is forgotten. */
async function barsOf(
  ctx: Context,
  facts: PipelineFacts,
  entities: readonly EntitySoak[],
  endedAt: number | null,
): Promise<Map<number, BarPiece[]>> {
  const now = ctx.clock.now();
  const kept = (since: number) =>
    since >= healthKeptFrom(now, ctx.config.healthKeptMs, endedAt === null ? since : null);
  const to = endedAt ?? now;
  const soaking = entities.flatMap(({ environmentId, since }) =>
    since === null || !kept(since) ? [] : [{ environmentId, since, nodes: facts.nodes.get(environmentId) ?? [] }],
  );
  const asked = soaking.flatMap(({ since, nodes }) => nodes.map(({ hostId }) => ({ hostId, since })));
  const before = await intervalsOf(ctx.db, facts.product.id, asked);
  return new Map(
    soaking.map(({ environmentId, since, nodes }) => {
      // A node that has moved on since the evaluation ended: what it said from the beginning of the soak was about this one.
      const then = nodes.map((node) => ({ ...node, reportedAt: Math.min(node.reportedAt, since) }));
      const timeline = healthTimeline(then.map((node) => inForceThere(node, before)));
      return [environmentId, soakBar(timeline, { from: Math.min(since, to), to }, facts.calendar, facts.settings)];
    }),
  );
}
