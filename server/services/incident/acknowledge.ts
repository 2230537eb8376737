import { incidentTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeIncident } from './change.ts';

/** Somebody takes the incident: it leaves the wall. The owner is who acknowledges it, unless another is named. */
export const acknowledgeIncident = verb(
  'incident.acknowledge',
  (ctx, actor, { id, owner }: { id: number; owner?: string | undefined }) =>
    changeIncident(ctx, actor, id, 'acknowledge', (_incident, now) => ({
      status: 'acknowledged',
      owner: owner ?? actor.name,
      acknowledgedAt: now,
      acknowledgedBy: actor.name,
    })),
  incidentTargets,
);
