import { incidentTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeIncident } from './change.ts';

/** The incident is over, with what ended it. One that nobody acknowledged is acknowledged on the way. */
export const resolveIncident = verb(
  'incident.acknowledge',
  (ctx, actor, { id, resolution }: { id: number; resolution: string }) =>
    changeIncident(ctx, actor, id, 'resolve', (incident, now) => ({
      status: 'resolved',
      owner: incident.owner ?? actor.name,
      acknowledgedAt: incident.acknowledgedAt ?? now,
      acknowledgedBy: incident.acknowledgedBy ?? actor.name,
      resolvedAt: now,
      resolvedBy: actor.name,
      resolution,
    })),
  incidentTargets,
);
