import { setCookie } from 'hono/cookie';
import type { Context as HttpContext } from 'hono';
import { sessionCookieName } from '../contracts/access.ts';
import type { Context } from '../services/context.ts';
import { SESSION_MS } from '../services/people/session.ts';
import { isSecure } from '../services/server-url.ts';
import type { Caller } from './caller.ts';

/** What an endpoint about the caller's own session gets beside its input. */
export interface Visit extends Caller {
  /** Gives the browser the secret of a session. */
  keepSession(secret: string): void;
  dropSession(): void;
}

/** An endpoint about the caller's own session: no action of the permission table guards it, only whether one is signed in. */
export interface SessionStep<I, O> {
  readonly access: 'anyone' | 'signed_in';
  readonly run: (ctx: Context, visit: Visit, input: I) => Promise<O>;
}

/** HttpOnly: no script gets at it. Lax: a link in a chat still finds one signed in; mutations are judged by origin. */
export function visitOf(ctx: Context, c: HttpContext, caller: Caller): Visit {
  const secure = isSecure(ctx.config);
  const put = (value: string, maxAge: number) =>
    setCookie(c, sessionCookieName(secure), value, { httpOnly: true, sameSite: 'Lax', secure, path: '/', maxAge });
  return {
    ...caller,
    keepSession: (secret) => put(secret, SESSION_MS / 1000),
    dropSession: () => put('', 0),
  };
}
