import { lockFleet, removeRows, touchRows } from '../../../db/queries/fleet.ts';
import { ruleViews } from '../../../db/queries/steering-views.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { RuleView } from '../../domain/views.ts';
import { recordRemoval } from '../log/record.ts';
import { verb } from '../verb.ts';
import { demandMadeByHand } from './made-by-hand.ts';

/** Removes a rule that was made by hand; answers with its tombstone. What waits under it waits on. Rule: section 11. */
export const removeApprovalRule = verb('fleet.apply', async (ctx, actor, { id }: { id: number }): Promise<RuleView> =>
  transact(ctx, async (tx) => {
    await lockFleet(tx);
    const rule = await one(ruleViews, tx, id);
    if (!rule) {
      const sentence = `Removal refused: there is no approval rule ${id}. List them with GET /api/v1/approval-rules.`;
      throw new Refusal('not_found', sentence);
    }
    demandMadeByHand('Removal', rule);
    await touchRows(tx, 'rule', [id]);
    await recordRemoval(tx, { now: ctx.clock.now(), actor: actor.name }, 'rule', [id]);
    await removeRows(tx, 'rule', [id]);
    return { ...rule, revision: rule.revision + 1, removed: true };
  }),
);
