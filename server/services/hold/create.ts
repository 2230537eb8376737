import { holdViews } from '../../../db/queries/steering-views.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { holdProblem, type HoldScope } from '../../domain/holds.ts';
import type { HoldView } from '../../domain/views.ts';
import { scopeTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { putHold } from './put.ts';
import { demandScope } from './scope.ts';

export interface CreateHold {
  /** Empty: everything. */
  scope: HoldScope;
  reason: string;
  /** Who answers for it; default: who puts it. */
  owner?: string | undefined;
  /** Epoch milliseconds; default: now, and until it is released. */
  startsAt?: number | undefined;
  expiresAt?: number | undefined;
  /** Stops also a rollback or roll-off that a person starts. */
  strict: boolean;
}

/** "Nothing moves here." Rule: section 12. */
export const createHold = verb(
  'hold.create',
  async (ctx, actor, input: CreateHold): Promise<HoldView> => {
    const now = ctx.clock.now();
    const { scope, reason, owner = actor.name, startsAt = null, expiresAt = null, strict } = input;
    const problem = holdProblem({ reason, owner, from: Math.max(now, startsAt ?? now), until: expiresAt });
    if (problem) throw new Refusal('refused', problem.sentence, { reason: problem.code });
    return transact(ctx, async (tx) => {
      await demandScope(tx, scope);
      const id = await putHold(
        ctx,
        tx,
        { now, actor: actor.name },
        { ...scope, reason, owner, startsAt, expiresAt, strict },
      );
      return (await one(holdViews, tx, id)) as HoldView;
    });
  },
  (ctx, { scope }) => scopeTarget(ctx, scope),
);
