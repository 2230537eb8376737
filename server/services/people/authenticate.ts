import { sessionSecretIn } from '../../contracts/access.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../verb.ts';
import { findSession } from './session.ts';
import { tokenActor } from './tokens.ts';

export interface Credentials {
  /** The request's headers as they came. */
  authorization?: string | undefined;
  cookie?: string | undefined;
  /** Whether it came over https: the session cookie has another name then. */
  secure: boolean;
  /** Where it came from, for the list of sessions. */
  address?: string | undefined;
}

export interface Authenticated {
  actor: Actor | undefined;
  /** `cookie`: a browser sent it by itself, so mutations have to prove where they come from. */
  by: 'token' | 'cookie' | 'nothing';
  /** Secret of the session cookie that came along, good or not. */
  sessionSecret: string | undefined;
  /** The session that spoke is due for a new secret. */
  rotationDue: boolean;
}

/** Who is calling. A token goes first: what it may not do, a cookie beside it does not add. */
export async function authenticate(
  ctx: Context,
  { authorization, cookie, secure, address }: Credentials,
): Promise<Authenticated> {
  const sessionSecret = sessionSecretIn(cookie, secure);
  const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (bearer !== undefined) {
    return { actor: await tokenActor(ctx, bearer), by: 'token', sessionSecret, rotationDue: false };
  }
  if (sessionSecret === undefined) return { actor: undefined, by: 'nothing', sessionSecret, rotationDue: false };
  const found = await findSession(ctx, sessionSecret, address);
  return { actor: found?.actor, by: 'cookie', sessionSecret, rotationDue: found?.rotationDue ?? false };
}
