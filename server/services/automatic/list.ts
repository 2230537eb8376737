import { listChoices, type ChoiceFilter } from '../../../db/queries/automatic.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListChoices extends ChoiceFilter {
  after?: string | undefined;
  limit: number;
}

/** Where automation would take each host, and every reason why it does not. Rule: section 7 (Automatic installs). */
export const listAutomatic = verb('pipeline.read', async (ctx, _actor, { after, limit, ...filter }: ListChoices) =>
  pageOf(
    await listChoices(ctx.db, filter, keysAfter(pageKeys.idPair, after), limit + 1),
    limit,
    ({ hostId, productId }) => [hostId, productId],
  ),
);
