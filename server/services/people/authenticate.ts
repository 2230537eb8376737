import { displaySecretIn, sessionSecretIn } from '../../contracts/access.ts';
import type { Context } from '../context.ts';
import { displayActor } from '../display/displays.ts';
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
  by: 'token' | 'cookie' | 'display' | 'nothing';
  /** Secret of the session cookie that came along, good or not. */
  sessionSecret: string | undefined;
  /** Token of a paired screen that came along, good or not. */
  displaySecret: string | undefined;
  /** The session that spoke is due for a new secret. */
  rotationDue: boolean;
}

/**
 * Who is calling. A token goes first: what it may not do, a cookie beside it does not add. A person at a paired screen is
 * that person.
 */
export async function authenticate(
  ctx: Context,
  { authorization, cookie, secure, address }: Credentials,
): Promise<Authenticated> {
  const sessionSecret = sessionSecretIn(cookie, secure);
  const displaySecret = displaySecretIn(cookie, secure);
  const secrets = { sessionSecret, displaySecret };
  const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (bearer !== undefined) {
    return { actor: await tokenActor(ctx, bearer), by: 'token', ...secrets, rotationDue: false };
  }
  const found = sessionSecret === undefined ? undefined : await findSession(ctx, sessionSecret, address);
  if (found) return { actor: found.actor, by: 'cookie', ...secrets, rotationDue: found.rotationDue };
  const shown = displaySecret === undefined ? undefined : await displayActor(ctx, displaySecret);
  if (shown) return { actor: shown, by: 'display', ...secrets, rotationDue: false };
  return { actor: undefined, by: sessionSecret === undefined ? 'nothing' : 'cookie', ...secrets, rotationDue: false };
}
