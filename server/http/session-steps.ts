import { meOf } from '../services/people/me.ts';
import { signOut, type OpenedSession } from '../services/people/session.ts';
import { setUp } from '../services/people/set-up.ts';
import { signIn } from '../services/people/sign-in.ts';
import { useLink } from '../services/people/use-link.ts';
import { signedIn } from './caller.ts';
import { step, type Visit } from './visit.ts';

/** The endpoints below /session, which set and clear the cookie. */
export const sessionSteps = {
  show: step('signed_in', async (_ctx, visit) => meOf(signedIn(visit))),

  signIn: step('anyone', async (ctx, visit, input: { email: string; password: string; code?: string | undefined }) =>
    entered(visit, await signIn(ctx, { ...input, address: visit.address, before: visit.sessionSecret })),
  ),

  useLink: step('anyone', async (ctx, visit, input: { token: string; code?: string | undefined }) =>
    entered(visit, await useLink(ctx, { ...input, address: visit.address, before: visit.sessionSecret })),
  ),

  setUp: step('anyone', async (ctx, visit, input: { token: string; name: string; email: string; password: string }) =>
    entered(visit, await setUp(ctx, { ...input, address: visit.address, before: visit.sessionSecret })),
  ),

  /** Works on a session that has ended too: what matters is that the cookie goes. */
  signOut: step('anyone', async (ctx, visit) => {
    if (visit.sessionSecret !== undefined) await signOut(ctx, visit.sessionSecret);
    visit.dropSession();
    return { ok: true as const };
  }),
};

export function entered(visit: Visit, { secret, actor }: OpenedSession) {
  visit.keepSession(secret);
  return meOf(actor);
}
