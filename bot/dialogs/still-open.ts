import { plain } from '../cards/escape.ts';
import type { DialogPlace, Submitted } from '../entries.ts';

const MOST = 300;

/**
 * Leaves the dialog as it is, with everything that was entered, and says this beside its last field. Null: it has no field,
 * so that there is nothing to lose. Every field of ours is an input block, which Slack takes errors for.
 */
export function stillOpen({ state }: Pick<DialogPlace, 'state'>, sentence: string): Submitted | null {
  const last = Object.keys(state).at(-1);
  if (last === undefined) return null;
  return { kind: 'errors', errors: { [last.slice(0, last.lastIndexOf('.'))]: plain(sentence, MOST) } };
}
