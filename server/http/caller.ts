import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context as HttpContext } from 'hono';
import { fromOwnPage } from '../contracts/access.ts';
import { Refusal } from '../contracts/errors.ts';
import type { Context } from '../services/context.ts';
import { arrivalOf, type Arrival } from '../services/people/arrival.ts';
import { authenticate, type Authenticated } from '../services/people/authenticate.ts';
import { rotateSession } from '../services/people/session.ts';
import type { Actor } from '../services/verb.ts';
import { putSession } from './session-cookie.ts';

/** Who sends this request, from where. */
export interface Caller extends Authenticated, Arrival {}

/** A mutation that a browser's cookie would carry has to come from one of our own pages. Throws `foreign_origin`. */
export async function callerOf(ctx: Context, c: HttpContext): Promise<Caller> {
  const arrival = arrivalAt(ctx, c);
  const authorization = c.req.header('authorization');
  const authenticated = await authenticate(ctx, { authorization, cookie: c.req.header('cookie'), ...arrival });
  const changes = c.req.method !== 'GET' && c.req.method !== 'HEAD';
  if (changes && authenticated.by !== 'token') demandOwnPage(ctx, c);
  // A display looks and never changes anything, whatever its grants say.
  if (changes && authenticated.by === 'display') return { ...authenticated, ...arrival, actor: undefined };
  return rotated(ctx, c, { ...authenticated, ...arrival });
}

/** From where and how this request came. */
export function arrivalAt(ctx: Pick<Context, 'config'>, c: HttpContext): Arrival {
  return arrivalOf(ctx.config, getConnInfo(c).remote.address, {
    forwardedFor: c.req.header('x-forwarded-for'),
    forwardedProto: c.req.header('x-forwarded-proto'),
  });
}

/** A session that is due goes on under a new secret; of requests at the same time one brings it. */
async function rotated(ctx: Context, c: HttpContext, caller: Caller): Promise<Caller> {
  if (!caller.rotationDue || caller.sessionSecret === undefined) return caller;
  const sessionSecret = await rotateSession(ctx, caller.sessionSecret);
  if (sessionSecret === undefined) return caller;
  putSession(c, caller.secure, sessionSecret);
  return { ...caller, sessionSecret, rotationDue: false };
}

function demandOwnPage(ctx: Context, c: HttpContext): void {
  const headers = {
    origin: c.req.header('origin'),
    secFetchSite: c.req.header('sec-fetch-site'),
    host: c.req.header('host'),
  };
  if (fromOwnPage(headers, ctx.config.url)) return;
  throw new Refusal(
    'foreign_origin',
    `${c.req.method} refused: it does not come from a page of this server (origin ${headers.origin ?? 'not given'}). ` +
      'Programs use an API token; behind a proxy set SIGNALBOX_URL to the address that people see.',
  );
}

/** The actor, or `not_signed_in` with what was wrong. */
export function signedIn({ actor, by }: Authenticated): Actor {
  if (actor) return actor;
  const why = {
    token: 'this API token is not known, revoked or has run out. Create one with signalbox token create',
    display: 'this screen is paired as a display, which only looks. Sign in as a person',
    cookie: 'your session has ended. Sign in again',
    nothing: 'nobody is signed in. Sign in, or send an API token as Authorization: Bearer',
  }[by];
  throw new Refusal('not_signed_in', `Request refused: ${why}.`);
}

/** The person whose session speaks. Refusals: `not_signed_in`; `person_only` for a token. */
export function signedInPerson(caller: Authenticated): { personId: number; sessionSecret: string } {
  const { kind, id } = signedIn(caller);
  if (kind === 'person' && id !== null && caller.by === 'cookie' && caller.sessionSecret !== undefined) {
    return { personId: id, sessionSecret: caller.sessionSecret };
  }
  throw new Refusal('not_permitted', 'Request refused: a token has no account. Sign in as a person.', {
    reason: 'person_only',
  });
}
