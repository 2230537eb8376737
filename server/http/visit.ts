import type { Context as HttpContext } from 'hono';
import type { Context } from '../services/context.ts';
import type { Caller } from './caller.ts';
import { putDisplay, putSession } from './session-cookie.ts';

/** What an endpoint about the caller's own session gets beside its input. */
export interface Visit extends Caller {
  /** Gives the browser the secret of a session. */
  keepSession(secret: string): void;
  dropSession(): void;
  /** Gives the screen its token. */
  keepDisplay(secret: string): void;
}

/** An endpoint about the caller's own session: no action of the permission table guards it, only whether one is signed in. */
export interface SessionStep<I, O> {
  /** `person`: signed in with a session; a token has no account. */
  readonly access: 'anyone' | 'signed_in' | 'person';
  readonly run: (ctx: Context, visit: Visit, input: I) => Promise<O>;
}

export function visitOf(c: HttpContext, caller: Caller): Visit {
  return {
    ...caller,
    keepSession: (secret) => putSession(c, caller.secure, secret),
    dropSession: () => putSession(c, caller.secure, null),
    keepDisplay: (secret) => putDisplay(c, caller.secure, secret),
  };
}

export function step<I, O>(access: SessionStep<I, O>['access'], run: SessionStep<I, O>['run']): SessionStep<I, O> {
  return { access, run };
}
