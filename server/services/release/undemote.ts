import { setDemotion } from '../../../db/queries/channel-entries.ts';
import { Refusal } from '../../contracts/errors.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeEntry } from './change-entry.ts';
import type { DemoteInput } from './demote.ts';

/** Makes the same entry, at its old place, active again. Rule: section 4 (Un-demote). */
export const undemoteRelease = verb(
  'release.demote',
  (ctx, actor, input: DemoteInput) =>
    changeEntry(ctx, actor, input, 'release.undemoted', async (tx, entry, now) => {
      if (entry.demotedAt === null) {
        const sentence = `Un-demote refused: it is active on ${input.channel}. There is nothing to undo.`;
        throw new Refusal('stale', sentence, { reason: 'not_demoted' });
      }
      await setDemotion(tx, entry.id, { undemotedAt: now });
    }),
  (ctx, { id }) => productTarget(ctx, { releaseId: id }),
);
