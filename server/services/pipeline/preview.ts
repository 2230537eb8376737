import { candidatesOf, type Candidate } from '../../../db/queries/soaks.ts';
import { filterOf, type DeclaredFilter } from '../../contracts/pipeline-file.ts';
import { selectEntities } from '../../domain/filters.ts';
import { verb } from '../verb.ts';
import { demandProduct } from './find.ts';

/** Which of the product's entities filters select, before anything is saved. Rule: section 6. */
export const previewFilters = verb(
  'pipeline.read',
  async (ctx, _actor, { id, filters }: { id: number; filters: readonly DeclaredFilter[] }) => {
    await demandProduct(ctx.db, id, 'Preview');
    const candidates = await candidatesOf(ctx.db, id);
    const selected = new Set(selectEntities(candidates, filters.map(filterOf)));
    return {
      candidates: candidates.length,
      selected: candidates.filter((candidate) => selected.has(candidate)).map(shown),
      left: candidates.filter((candidate) => !selected.has(candidate)).map(shown),
    };
  },
);

function shown({ id: environmentId, name, labels, hosts }: Candidate) {
  return { environmentId, name, labels, hosts };
}
