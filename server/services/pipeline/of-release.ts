import { recallViews, unrevertedRecallsOf } from '../../../db/queries/pipeline-views.ts';
import { listEvaluationViews } from '../../../db/queries/evaluations.ts';
import { settingsOf } from '../../../db/queries/pipelines.ts';
import { releaseViews, one } from '../../../db/queries/views.ts';
import { Refusal } from '../../contracts/errors.ts';
import { recallsOf } from '../../domain/recall.ts';
import type { EvaluationView } from '../../domain/views.ts';
import { listed } from '../../domain/wording.ts';
import { verb } from '../verb.ts';

const EVERY_STAGE = 1_000;

/** The way of one release through its product's pipeline, with what to say of it in one line. */
export const releasePipeline = verb('pipeline.read', async (ctx, _actor, { id }: { id: number }) => {
  const release = await one(releaseViews, ctx.db, id);
  if (!release) throw new Refusal('not_found', `There is no release ${id}. List them with GET /api/v1/releases.`);
  const { stages } = await settingsOf(ctx.db, release.productId);
  const evaluations = await listEvaluationViews(ctx.db, { releaseId: id }, undefined, EVERY_STAGE);
  const standing = await recallViews(ctx.db, unrevertedRecallsOf(release.productId));
  const covering = new Set(
    recallsOf(
      standing.map((view) => ({ ...view, reverted: false })),
      release.version,
    ).map(({ id: one }) => one),
  );
  const recalls = standing.filter((recall) => covering.has(recall.id));
  const shown = stages.map((stage) => ({
    stage,
    evaluation: evaluations.find(({ source, target }) => source === stage.source && target === stage.target) ?? null,
  }));
  return { release, banner: bannerOf(recalls.length > 0, shown), recalls, stages: shown };
});

type State = 'being_evaluated' | 'passed' | 'recalled' | 'stopped' | 'not_in_pipeline';

function bannerOf(
  recalled: boolean,
  stages: readonly { stage: { source: string; target: string }; evaluation: EvaluationView | null }[],
): { state: State; sentence: string } {
  if (recalled) return { state: 'recalled', sentence: 'The release is recalled.' };
  const at = (status: (evaluation: EvaluationView) => boolean) =>
    stages
      .filter(({ evaluation }) => evaluation && status(evaluation))
      .map(({ stage }) => `${stage.source} → ${stage.target}`);
  const undecided = at(({ endedAt }) => endedAt === null);
  if (undecided.length > 0) return { state: 'being_evaluated', sentence: `Being evaluated at ${listed(undecided)}.` };
  const stopped = at(({ status }) => status !== 'promoted');
  if (stopped.length > 0) return { state: 'stopped', sentence: `Decided against at ${listed(stopped)}.` };
  const passed = at(() => true);
  if (passed.length === 0) return { state: 'not_in_pipeline', sentence: 'No stage has looked at it yet.' };
  return {
    state: 'passed',
    sentence: passed.length === stages.length ? 'It has passed all stages.' : `It has passed ${listed(passed)}.`,
  };
}
