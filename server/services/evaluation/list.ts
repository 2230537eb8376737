import { listEvaluationViews, type EvaluationFilter } from '../../../db/queries/evaluations.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListEvaluations extends EvaluationFilter {
  after?: string | undefined;
  limit: number;
}

/** Newest first. */
export const listEvaluations = verb(
  'pipeline.read',
  async (ctx, _actor, { after, limit, ...filter }: ListEvaluations) => {
    const [before] = keysAfter(pageKeys.position, after) ?? [];
    return pageOf(await listEvaluationViews(ctx.db, filter, before, limit + 1), limit, ({ id }) => [id]);
  },
);
