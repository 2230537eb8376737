import { findRecall, jobsOfRecall } from '../../../db/queries/recalls.ts';
import { recallViews } from '../../../db/queries/pipeline-views.ts';
import { jobViews, one } from '../../../db/queries/views.ts';
import { recallsOf } from '../../domain/recall.ts';
import type { RecallView } from '../../domain/views.ts';
import { verb } from '../verb.ts';
import { demandProduct, readRecallFacts } from './facts.ts';
import { coveredReleases, planRollOffs, shownHosts } from './plan.ts';
import { noSuchRecall } from './revert.ts';

/** One recall: the releases that it covers, what becomes of each host that runs one, and the jobs that it has asked for. */
export const showRecall = verb('pipeline.read', async (ctx, _actor, { id }: { id: number }) => {
  const row = await findRecall(ctx.db, id);
  const recall = await one(recallViews, ctx.db, id);
  if (!row || !recall) throw noSuchRecall('Recall', id);
  const now = ctx.clock.now();
  const facts = await readRecallFacts(ctx.db, await demandProduct(ctx.db, row.productId), now);
  const own = facts.recalls.filter((standing) => standing.id === id);
  const plans = planRollOffs(facts, now).filter(({ facts: { rule } }) => recallsOf(own, rule.version).length > 0);
  return {
    recall: recall as RecallView,
    releases: coveredReleases(facts, row, plans),
    hosts: shownHosts(plans),
    jobs: await jobViews(ctx.db, await jobsOfRecall(ctx.db, id)),
  };
});
