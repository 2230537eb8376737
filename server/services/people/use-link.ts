import { findPerson } from '../../../db/queries/people.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { redeemLink } from './link.ts';
import { openSession, type OpenedSession } from './session.ts';

export interface UseLink {
  token: string;
  before?: string | undefined;
}

/** Signs in by one-time link. Refusals: `link_used`, `gone` (run out), `wrong_credentials` (never issued, or void). */
export async function useLink(ctx: Context, { token, before }: UseLink): Promise<OpenedSession> {
  const now = ctx.clock.now();
  return ctx.db.transaction(async (tx) => {
    const { personId } = await redeemLink(tx, token, 'sign-in', now);
    const person = personId === null ? undefined : await findPerson(tx, personId);
    if (!person) throw new Refusal('wrong_credentials', 'sign-in refused: this person is disabled. Ask an admin.');
    return openSession(tx, person, now, before);
  });
}
