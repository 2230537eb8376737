import { listIncidentViews } from '../../../db/queries/incidents.ts';
import type { IncidentStatus } from '../../domain/views.ts';
import { keysAfter, pageKeys, pageOf } from '../page.ts';
import { verb } from '../verb.ts';

interface ListIncidents {
  status?: IncidentStatus | undefined;
  after?: string | undefined;
  limit: number;
}

/** Newest first. */
export const listIncidents = verb('job.read', async (ctx, _actor, { status, after, limit }: ListIncidents) => {
  const rows = await listIncidentViews(ctx.db, { status }, keysAfter(pageKeys.instantAndId, after), limit + 1);
  return pageOf(rows, limit, (incident) => [incident.openedAt, incident.id]);
});
