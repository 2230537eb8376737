import { setDemotion } from '../../../db/queries/channel-entries.ts';
import { Refusal } from '../../contracts/errors.ts';
import { instantText } from '../../domain/wording.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeEntry } from './change-entry.ts';

export interface DemoteInput {
  /** Of the release. */
  id: number;
  /** Name of the channel. */
  channel: string;
  reason: string;
}

/** Takes a release off a channel: nothing new of it starts there, nothing is withdrawn from hosts. Rule: section 4 (Demote). */
export const demoteRelease = verb(
  'release.demote',
  (ctx, actor, input: DemoteInput) =>
    changeEntry(ctx, actor, input, 'release.demoted', async (tx, entry, now) => {
      if (entry.demotedAt !== null) {
        const sentence = `Demote refused: ${entry.demotedBy} demoted it on ${input.channel} at ${instantText(entry.demotedAt)}: "${entry.demoteReason}".`;
        throw new Refusal('stale', sentence, { reason: 'already_demoted' });
      }
      await setDemotion(tx, entry.id, { at: now, by: actor.name, reason: input.reason });
    }),
  (ctx, { id }) => productTarget(ctx, { releaseId: id }),
);
