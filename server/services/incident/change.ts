import { lockIncident, updateIncident, type IncidentRow } from '../../../db/queries/incidents.ts';
import { incidentViews } from '../../../db/queries/steering-views.ts';
import { transact } from '../../../db/transact.ts';
import { Refusal } from '../../contracts/errors.ts';
import { judgeIncidentVerb, type IncidentVerb } from '../../domain/incident.ts';
import type { IncidentView } from '../../domain/views.ts';
import type { Context } from '../context.ts';
import { record } from '../log/record.ts';
import type { Actor } from '../verb.ts';
import { noSuchIncident } from './show.ts';

const SAID = {
  acknowledge: 'incident.acknowledged',
  escalate: 'incident.escalated',
  resolve: 'incident.resolved',
} as const;

/** Takes the incident's lock, asks the table of states whether it takes the verb, changes it and says so. */
export async function changeIncident(
  ctx: Context,
  actor: Actor,
  id: number,
  incidentVerb: IncidentVerb,
  patchOf: (incident: IncidentRow, now: number) => Parameters<typeof updateIncident>[2],
  detail: Record<string, unknown> = {},
): Promise<IncidentView> {
  const now = ctx.clock.now();
  return transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, id);
    if (!incident) throw noSuchIncident(id);
    const by = incident.resolvedBy ?? incident.acknowledgedBy;
    const decision = judgeIncidentVerb(incident.status, incidentVerb, by);
    if (!decision.allowed) {
      throw new Refusal('stale', `Incident ${id}: ${decision.refusal.sentence}`, { reason: decision.refusal.code });
    }
    await updateIncident(tx, id, patchOf(incident, now));
    await record(tx, { now, actor: actor.name }, SAID[incidentVerb], [id], detail);
    return (await incidentViews(tx, [id]))[0] as IncidentView;
  });
}
