import { decideHolds, type Hold, type Work } from './holds.ts';
import { allowed, refused, type Decision } from './reason.ts';

export type RollOffCode = 'proposed' | 'held' | 'window_closed';

/** What decides whether hosts of one entity are rolled off now. */
export interface RollOffFacts {
  /** A person opened the recall, or accepted the job that an automatic one proposed; else automation. */
  readonly startedBy: Work['startedBy'];
  /** The entity was tested by the stage that opened an automatic recall. */
  readonly ofOwnStage: boolean;
  /** The stage says that its recalls roll off everything. */
  readonly rollOffAll: boolean;
  readonly holds: readonly Hold[];
  readonly work: Omit<Work, 'kind' | 'startedBy'>;
  /** The environment's windows now; `nextOpen` in epoch milliseconds, null when open or never. */
  readonly window: { readonly open: boolean; readonly nextOpen: number | null };
  readonly recallWaitsForWindow: boolean;
}

/** Whether a roll-off starts by itself, is proposed to a person, or waits. Rule: section 9. */
export function decideRollOff(facts: RollOffFacts, now: number): Decision<RollOffCode> {
  const { startedBy, ofOwnStage, rollOffAll, window } = facts;
  if (startedBy === 'automation' && !ofOwnStage && !rollOffAll) {
    return refused('proposed', 'The automatic recall rolls off its own stage only: a person has to start this job.');
  }
  const held = decideHolds(facts.holds, { ...facts.work, kind: 'roll_off', startedBy }, now);
  if (!held.allowed) return held;
  if (!facts.recallWaitsForWindow || window.open) return allowed();
  return refused('window_closed', 'The roll-off waits: the environment lets recalls run in its windows only.', {
    until: window.nextOpen ?? undefined,
  });
}
