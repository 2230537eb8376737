import { personsById } from '../../../db/queries/people.ts';
import { personList, personsWhere, type PersonListFilter } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { EVERY_ROW, sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';
import { personView } from './person-view.ts';

type ListPeople = PersonListFilter & Partial<SortedInput<keyof typeof personList.columns>>;

/** By name, unless another order is asked for; all of them, unless a limit is. Disabled ones too. */
export const listPeople = verb('person.manage', (ctx, _actor, input: ListPeople) =>
  sortedPage(
    { limit: EVERY_ROW, ...input },
    'name',
    (seek, limit) => sortedIds(ctx.db, personList, personsWhere(input), seek, limit),
    async (ids) => (await personsById(ctx.db, ids)).map(personView),
  ),
);
