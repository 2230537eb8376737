import { incidentTargets } from '../targets.ts';
import { verb } from '../verb.ts';
import { changeIncident } from './change.ts';

/** Calls others to the incident: its thread in chat mentions who is on call there, and the log keeps who called and why. */
export const escalateToOthers = verb(
  'incident.acknowledge',
  (ctx, actor, { id, reason }: { id: number; reason?: string | undefined }) =>
    changeIncident(
      ctx,
      actor,
      id,
      'escalate',
      (_incident, now) => ({ escalatedAt: now, escalatedBy: actor.name }),
      reason === undefined ? {} : { reason },
    ),
  incidentTargets,
);
