import { sessionSecretIn } from '../../contracts/access.ts';
import type { Context } from '../context.ts';
import { isSecure } from '../server-url.ts';
import type { Actor } from '../verb.ts';
import { sessionActor } from './session.ts';
import { tokenActor } from './tokens.ts';

export interface Credentials {
  /** The request's headers as they came. */
  authorization?: string | undefined;
  cookie?: string | undefined;
}

export interface Authenticated {
  actor: Actor | undefined;
  /** `cookie`: a browser sent it by itself, so mutations have to prove where they come from. */
  by: 'token' | 'cookie' | 'nothing';
  /** Secret of the session cookie that came along, good or not. */
  sessionSecret: string | undefined;
}

/** Who is calling. A token goes first: what it may not do, a cookie beside it does not add. */
export async function authenticate(ctx: Context, { authorization, cookie }: Credentials): Promise<Authenticated> {
  const sessionSecret = sessionSecretIn(cookie, isSecure(ctx.config));
  const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (bearer !== undefined) return { actor: await tokenActor(ctx, bearer), by: 'token', sessionSecret };
  if (sessionSecret === undefined) return { actor: undefined, by: 'nothing', sessionSecret };
  return { actor: await sessionActor(ctx, sessionSecret), by: 'cookie', sessionSecret };
}
