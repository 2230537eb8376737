import { clientList, clientsWhere, type ClientListFilter } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { EVERY_ROW, sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';
import { clientShown } from './show.ts';
import { clientSubjects } from './subjects.ts';

type ListClients = ClientListFilter & Partial<SortedInput<keyof typeof clientList.columns>>;

/** By environment, unless another order is asked for; all of them, unless a limit is. */
export const listClients = verb('client.read', (ctx, _actor, input: ListClients) => {
  const now = ctx.clock.now();
  return sortedPage(
    { limit: EVERY_ROW, ...input },
    'environment',
    (seek, limit) => sortedIds(ctx.db, clientList, clientsWhere(input), seek, limit),
    async (ids) => (await clientSubjects(ctx.db, { ids }, now)).map((subject) => clientShown(subject, now)),
  );
});
