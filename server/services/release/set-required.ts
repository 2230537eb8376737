import { Refusal } from '../../contracts/errors.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeRelease, withReason } from './change-release.ts';

interface RequiredInput {
  /** Of the release. */
  id: number;
  required: boolean;
  reason?: string | undefined;
}

/** Says that a release must not be skipped, or that it may be again. Rule: section 4 (Required). */
export const setRequired = verb(
  'release.edit',
  (ctx, actor, { id, required, reason }: RequiredInput) =>
    changeRelease(ctx, actor, id, (release) => {
      if (release.required === required) {
        const sentence = required
          ? `Marking refused: ${release.version} is required already. There is nothing to do.`
          : `Unmarking refused: ${release.version} is not required. There is nothing to undo.`;
        throw new Refusal('stale', sentence, { reason: required ? 'already_required' : 'not_required' });
      }
      const kind = required ? 'release.required' : 'release.unrequired';
      return { kind, patch: { required }, detail: withReason(reason) };
    }),
  (ctx, { id }) => productTarget(ctx, { releaseId: id }),
);
