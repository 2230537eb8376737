import { approvals } from './adapters/approvals.ts';
import { canary } from './adapters/canary.ts';
import { filters } from './adapters/filters.ts';
import { health } from './adapters/health.ts';
import { impact } from './adapters/impact.ts';
import { recall } from './adapters/recall.ts';
import { rollout } from './adapters/rollout.ts';
import { timed } from './adapters/timed.ts';
import { visibility } from './adapters/visibility.ts';
import { windows } from './adapters/windows.ts';

/**
 * Which adapter feeds a family's cases to the domain. An adapter takes the `given` of one case and answers what `expect`
 * states; it parses and renames, and holds no comparison and no condition of a rule.
 */
export type Adapter = (given: unknown) => unknown;

export const families: Readonly<Record<string, Adapter>> = {
  approvals,
  canary,
  filters,
  health,
  impact,
  recall,
  rollout,
  timed,
  visibility,
  windows,
};
