import { undecidedEvaluations, workInFlight } from '../../../db/queries/recalls.ts';
import { recallsOf } from '../../domain/recall.ts';
import { fullPlan } from '../install/facts.ts';
import { verb } from '../verb.ts';
import { demandProduct, readRecallFacts } from './facts.ts';
import { imagined, problemOf, type RecallInput } from './open.ts';
import { coveredReleases, planRollOffs, shownHosts, shownJobs } from './plan.ts';

/** What a recall would do, per release and host, before anything is done: the same judgement that its opening makes. */
export const previewRecall = verb('pipeline.read', async (ctx, _actor, { productId, ...request }: RecallInput) => {
  const now = ctx.clock.now();
  const product = await demandProduct(ctx.db, productId);
  const recall = imagined(request, productId, now);
  const facts = await readRecallFacts(ctx.db, product, now, { more: [recall] });
  const problem = problemOf(request, { ...facts, recalls: facts.recalls.filter(({ id }) => id !== 0) }, now);
  const plans = planRollOffs(facts, now).filter(({ facts: host }) => recallsOf([recall], host.rule.version).length > 0);
  const releases = coveredReleases(facts, request, plans);
  const covered = new Set(releases.map(({ version }) => version));
  const undecided = await undecidedEvaluations(ctx.db, productId);
  const inFlight = (await workInFlight(ctx.db, productId)).filter(({ version }) => covered.has(version));
  return {
    releases,
    hosts: shownHosts(plans),
    jobs: shownJobs(plans, fullPlan(ctx)),
    stops: inFlight.map(({ id, kind, version, pending }) => ({ jobId: id, kind, version, pending })),
    evaluations: undecided.filter(({ version }) => covered.has(version)),
    refusal: problem,
  };
});
