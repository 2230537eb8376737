import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context as HttpContext } from 'hono';
import { fromOwnPage } from '../contracts/access.ts';
import { Refusal } from '../contracts/errors.ts';
import type { Context } from '../services/context.ts';
import { authenticate, type Authenticated } from '../services/people/authenticate.ts';
import type { Actor } from '../services/verb.ts';

/** Who sends this request, from where. */
export interface Caller extends Authenticated {
  /** As the socket says; proxies are not believed. */
  address: string;
}

/** A mutation that a browser's cookie would carry has to come from one of our own pages. Throws `foreign_origin`. */
export async function callerOf(ctx: Context, c: HttpContext): Promise<Caller> {
  const { authorization, cookie } = { authorization: c.req.header('authorization'), cookie: c.req.header('cookie') };
  const authenticated = await authenticate(ctx, { authorization, cookie });
  const changes = c.req.method !== 'GET' && c.req.method !== 'HEAD';
  if (changes && authenticated.by !== 'token') demandOwnPage(ctx, c);
  return { ...authenticated, address: getConnInfo(c).remote.address ?? 'unknown' };
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
    cookie: 'your session has ended. Sign in again',
    nothing: 'nobody is signed in. Sign in, or send an API token as Authorization: Bearer',
  }[by];
  throw new Refusal('not_signed_in', `Request refused: ${why}.`);
}
