import { findHold, releaseHoldRow } from '../../../db/queries/holds.ts';
import { holdViews } from '../../../db/queries/steering-views.ts';
import { one } from '../../../db/queries/views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { HoldView } from '../../domain/views.ts';
import { instantText } from '../../domain/wording.ts';
import { lookAgain } from '../job/look-again.ts';
import { wakeEveryPipeline } from '../pipeline/wake.ts';
import { record } from '../log/record.ts';
import { holdTargets } from '../targets.ts';
import { verb } from '../verb.ts';

/** Releases a hold; what it stopped goes on by itself. Rule: section 12. */
export const releaseHold = verb(
  'hold.release',
  async (ctx, actor, { id, reason }: { id: number; reason?: string | undefined }): Promise<HoldView> => {
    const now = ctx.clock.now();
    return transact(ctx, async (tx) => {
      const by = { releasedAt: now, releasedBy: actor.name, releaseReason: reason ?? null };
      if (!(await releaseHoldRow(tx, id, by))) {
        const hold = await findHold(tx, id);
        if (!hold) {
          throw new Refusal('not_found', `Release refused: there is no hold ${id}. List them with GET /api/v1/holds.`);
        }
        const when = instantText(hold.releasedAt ?? now);
        const sentence = `Release refused: ${hold.releasedBy} released hold ${id} already, at ${when}.`;
        throw new Refusal('stale', sentence, { reason: 'already_released' });
      }
      await record(tx, { now, actor: actor.name }, 'hold.released', [id], reason === undefined ? {} : { reason });
      await lookAgain(ctx, tx);
      await wakeEveryPipeline(ctx, tx);
      return (await one(holdViews, tx, id)) as HoldView;
    });
  },
  holdTargets,
);
