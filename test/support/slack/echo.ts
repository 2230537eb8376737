import { said } from '../../../bot/caller.ts';
import type { Entries } from '../../../bot/entries.ts';

const unasked = () => Promise.reject(new Error('not asked for in this test'));

/** Entries that say who was let through, with which roles, and what they said: for tests of the wire alone. */
export const echo: Entries = {
  command: (_bot, { actor }, text) => {
    const roles = actor.grants.map(({ role }) => role).join(', ') || 'nobody';
    return Promise.resolve(said(`${actor.name} (${roles}) said ${text}`));
  },
  button: unasked,
  dialogChanged: unasked,
  dialogSubmitted: unasked,
  dialogAgain: unasked,
  dialogOptions: unasked,
};

export function textOf(answer: unknown): string {
  return String((answer as { text?: unknown } | null)?.text ?? '');
}
