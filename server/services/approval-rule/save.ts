import { isDeepStrictEqual } from 'node:util';
import { channelNames, declareRows, lockFleet } from '../../../db/queries/fleet.ts';
import { listRuleViews } from '../../../db/queries/lists.ts';
import { ruleViews } from '../../../db/queries/steering-views.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { approvalRuleOf, type DeclaredApproval } from '../../contracts/fleet.ts';
import type { RuleView } from '../../domain/views.ts';
import type { Transaction } from '../context.ts';
import { unmatchable } from '../fleet/references.ts';
import { record } from '../log/record.ts';
import { verb } from '../verb.ts';
import { demandMadeByHand } from './made-by-hand.ts';

/**
 * Creates a rule, or changes the one of that name, unless a fleet file owns it. It counts from the next plan on: what
 * waits for approval already goes on under the rule that it was asked under. Rule: section 11.
 */
export const saveApprovalRule = verb('fleet.apply', async (ctx, actor, declared: DeclaredApproval): Promise<RuleView> =>
  transact(ctx, async (tx) => {
    await lockFleet(tx);
    const known = (await listRuleViews(tx)).find(({ name }) => name === declared.name);
    if (known) demandMadeByHand('Save', known);
    await demandMatchable(tx, declared);
    const rule = approvalRuleOf(declared);
    if (known && isDeepStrictEqual(known, { ...known, ...rule })) return known;
    const [id] = (await declareRows(tx, 'rule', [{ name: rule.name, rule, managedBy: null }])) as [number];
    await record(tx, { now: ctx.clock.now(), actor: actor.name }, 'rule.declared', [id]);
    return (await one(ruleViews, tx, id)) as RuleView;
  }),
);

async function demandMatchable(tx: Transaction, { name, match }: DeclaredApproval): Promise<void> {
  const problems = unmatchable(match, await channelNames(tx), ['match']);
  const [first] = problems;
  if (!first) return;
  throw new Refusal('refused', `Save refused: rule ${name} would guard nothing: ${first.message} Check the name.`, {
    reason: 'matches_nothing',
    errors: problems.map(({ path, message }) => ({ path: path?.join('.') ?? '', message })),
  });
}
