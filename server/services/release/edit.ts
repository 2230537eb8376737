import { isDeepStrictEqual } from 'node:util';
import { Refusal } from '../../contracts/errors.ts';
import type { Labels } from '../../domain/views.ts';
import { productTarget } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeRelease } from './change-release.ts';

interface EditInput {
  /** Of the release. */
  id: number;
  notes?: string | undefined;
  /** All of them: what is left out goes. */
  labels?: Labels | undefined;
}

/** Changes what people read of a release; its artifact never changes. Rule: section 1 (release). */
export const editRelease = verb(
  'release.edit',
  (ctx, actor, { id, notes, labels }: EditInput) =>
    changeRelease(ctx, actor, id, (release) => {
      const patch = {
        ...(notes === undefined || notes === release.notes ? {} : { notes }),
        ...(labels === undefined || isDeepStrictEqual(labels, release.labels) ? {} : { labels }),
      };
      const changed = Object.keys(patch);
      if (changed.length === 0) {
        const sentence = `Edit refused: ${release.version} says just that already. Change its notes or its labels.`;
        throw new Refusal('stale', sentence, { reason: 'unchanged' });
      }
      return { kind: 'release.edited', patch, detail: { changed } };
    }),
  (ctx, { id }) => productTarget(ctx, { releaseId: id }),
);
