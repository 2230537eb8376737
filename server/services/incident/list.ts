import { incidentList, incidentsWhere, type IncidentListFilter } from '../../../db/queries/sorted-lists.ts';
import { sortedIds } from '../../../db/queries/sorted.ts';
import { incidentViews } from '../../../db/queries/steering-views.ts';
import { sortedPage, type SortedInput } from '../sorted-page.ts';
import { verb } from '../verb.ts';

type ListIncidents = IncidentListFilter & SortedInput<keyof typeof incidentList.columns>;

/** Newest first, unless another order is asked for. */
export const listIncidents = verb('job.read', (ctx, _actor, input: ListIncidents) =>
  sortedPage(
    input,
    '-opened',
    (seek, limit) => sortedIds(ctx.db, incidentList, incidentsWhere(input), seek, limit),
    (ids) => incidentViews(ctx.db, ids),
  ),
);
