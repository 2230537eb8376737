import { findRecall } from '../../../db/queries/recalls.ts';
import { lockProduct } from '../../../db/queries/releases.ts';
import { jobViews } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { recallsOf } from '../../domain/recall.ts';
import type { JobView } from '../../domain/views.ts';
import { counted, listed } from '../../domain/wording.ts';
import { verb } from '../verb.ts';
import { demandProduct, readRecallFacts } from './facts.ts';
import { planRollOffs, type PlannedRollOff } from './plan.ts';
import { alreadyReverted, noSuchRecall, recallTarget } from './revert.ts';
import { startRollOffs } from './roll-off.ts';

interface Accept {
  /** Of the recall. */
  id: number;
  /** Absent: every host that it proposes, or tried in vain. */
  hostIds?: number[] | undefined;
}

/**
 * A person starts the roll-offs that an automatic recall only proposes, or that were tried in vain. One host that cannot
 * be rolled off refuses the request when it was named. Rule: section 9.
 */
export const rollOffRecall = verb(
  'recall.open',
  (ctx, actor, { id, hostIds }: Accept): Promise<{ jobs: JobView[] }> => {
    const now = ctx.clock.now();
    return transact(ctx, async (tx) => {
      const recall = await findRecall(tx, id);
      if (!recall) throw noSuchRecall('Roll-off', id);
      const product = (await lockProduct(tx, recall.productId)) ?? (await demandProduct(tx, recall.productId));
      const facts = await readRecallFacts(tx, product, now, { keep: tx });
      const own = facts.recalls.filter((one) => one.id === id);
      if (own.length === 0) throw alreadyReverted('Roll-off', (await findRecall(tx, id)) ?? recall);
      const covered = planRollOffs(facts, now, true)
        .filter(({ facts: { rule } }) => recallsOf(own, rule.version).length > 0)
        .map((plan) => ({ ...plan, cause: own[0]! }));
      const chosen = hostIds === undefined ? covered : demandNamed(id, covered, hostIds);
      const starting = chosen.filter(({ outcome }) => outcome === 'starts');
      const stopped = chosen.filter(({ outcome }) => outcome !== 'starts');
      const refused = hostIds === undefined ? (starting.length === 0 ? stopped : []) : stopped;
      if (refused.length > 0 || starting.length === 0) throw nothingStarts(id, refused);
      const ids = await startRollOffs(ctx, tx, { now, actor: actor.name }, facts, chosen, actor);
      return { jobs: await jobViews(tx, ids) };
    });
  },
  recallTarget,
);

function demandNamed(id: number, covered: readonly PlannedRollOff[], hostIds: readonly number[]): PlannedRollOff[] {
  const byHost = new Map(covered.map((plan) => [plan.facts.host.id, plan]));
  const missing = hostIds.filter((hostId) => !byHost.has(hostId));
  if (missing.length > 0) {
    const named = missing.slice(0, 5).join(', ');
    const sentence = `Roll-off refused: host ${named} runs nothing that recall ${id} covers. Choose the hosts again.`;
    throw new Refusal('refused', sentence, { reason: 'not_covered' });
  }
  return [...new Set(hostIds)].map((hostId) => byHost.get(hostId)!);
}

function nothingStarts(id: number, refused: readonly PlannedRollOff[]): Refusal {
  const [first] = refused;
  if (!first) {
    const sentence = `Roll-off refused: no host runs what recall ${id} covers.`;
    return new Refusal('refused', sentence, { reason: 'nothing_to_roll_off' });
  }
  const names = refused.map(({ facts }) => facts.host.name);
  const which = names.length <= 4 ? listed(names) : counted(names.length, 'host');
  const download = first.reason?.code === 'not_downloaded' ? ` Download ${first.target?.version} first.` : '';
  const sentence = `Roll-off refused on ${which}: ${first.reason?.sentence ?? 'there is nothing to do.'}${download}`;
  return new Refusal('refused', sentence, { reason: first.reason?.code ?? 'nothing_to_roll_off' });
}
