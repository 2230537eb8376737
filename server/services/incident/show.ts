import { jobAndDescendants } from '../../../db/queries/incidents.ts';
import { listActivityLines } from '../../../db/queries/lists.ts';
import { incidentViews } from '../../../db/queries/steering-views.ts';
import { jobViews, one } from '../../../db/queries/views.ts';
import { Refusal } from '../../contracts/errors.ts';
import { verb } from '../verb.ts';

const LINES = 500;

/** One incident, the jobs it is about (its own, retries, rollbacks), and the last of what the log says of them, oldest first. */
export const showIncident = verb('job.read', async (ctx, _actor, { id }: { id: number }) => {
  const incident = await one(incidentViews, ctx.db, id);
  if (!incident) throw noSuchIncident(id);
  const jobIds = await jobAndDescendants(ctx.db, incident.jobId);
  const lines = await listActivityLines(ctx.db, { jobIds, withoutNoise: true }, undefined, LINES + 1);
  return {
    incident,
    jobs: await jobViews(ctx.db, jobIds),
    timeline: lines.slice(0, LINES).reverse(),
    /** There is more before the first line: page through /activities with the job's id. */
    earlier: lines.length > LINES,
  };
});

export function noSuchIncident(id: number): Refusal {
  return new Refusal('not_found', `There is no incident ${id}. List them with GET /api/v1/incidents.`);
}
