import { Refusal } from '../../contracts/errors.ts';
import { instantText } from '../../domain/wording.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeRelease, withReason } from './change-release.ts';

export interface ArchiveInput {
  /** Of the release. */
  id: number;
  reason?: string | undefined;
}

/** Hides a release from the default list, and nothing else. Rule: section 4 (Archive). */
export const archiveRelease = verb(
  'release.archive',
  (ctx, actor, { id, reason }: ArchiveInput) =>
    changeRelease(ctx, actor, id, ({ version, archivedAt }, now) => {
      if (archivedAt !== null) {
        const sentence = `Archive refused: ${version} is archived since ${instantText(archivedAt)}. There is nothing to do.`;
        throw new Refusal('stale', sentence, { reason: 'already_archived' });
      }
      return { kind: 'release.archived', patch: { archivedAt: now }, detail: withReason(reason) };
    }),
  (ctx, { id }) => productTarget(ctx, { releaseId: id }),
);

/** Shows it in the default list again. Rule: section 4 (Archive). */
export const unarchiveRelease = verb(
  'release.archive',
  (ctx, actor, { id, reason }: ArchiveInput) =>
    changeRelease(ctx, actor, id, ({ version, archivedAt }) => {
      if (archivedAt === null) {
        const sentence = `Un-archive refused: ${version} is not archived. There is nothing to undo.`;
        throw new Refusal('stale', sentence, { reason: 'not_archived' });
      }
      return { kind: 'release.unarchived', patch: { archivedAt: null }, detail: withReason(reason) };
    }),
  (ctx, { id }) => productTarget(ctx, { releaseId: id }),
);
