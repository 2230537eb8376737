import { filters } from './adapters/filters.ts';
import { rollout } from './adapters/rollout.ts';

/**
 * Which adapter feeds a family's cases to the domain. An adapter takes the `given` of one case and answers what `expect`
 * states; it parses and renames, and holds no comparison and no condition of a rule.
 */
export type Adapter = (given: unknown) => unknown;

export const families: Readonly<Record<string, Adapter>> = {
  filters,
  rollout,
};
