import type { IncomingMessage } from 'node:http';
import { fromOwnPage } from '../contracts/access.ts';
import type { Context } from '../services/context.ts';
import { arrivalOf } from '../services/people/arrival.ts';
import { authenticate } from '../services/people/authenticate.ts';
import type { Actor } from '../services/verb.ts';
import type { LiveServer } from './socket.ts';

/**
 * Browsers open sockets to anywhere and send our cookie along: only our own pages may. A program shows a token, which
 * no browser sends by itself.
 */
export function comesFromOwnPage(ctx: Context, request: IncomingMessage): boolean {
  const { authorization, origin, host, 'sec-fetch-site': site } = request.headers;
  if (authorization !== undefined) return true;
  const secFetchSite = typeof site === 'string' ? site : undefined;
  return fromOwnPage({ origin, host, secFetchSite }, ctx.config.url);
}

export async function actorOf(ctx: Context, request: IncomingMessage): Promise<Actor | undefined> {
  const { authorization, cookie } = request.headers;
  const { 'x-forwarded-for': forwardedFor, 'x-forwarded-proto': forwardedProto } = request.headers;
  const arrival = arrivalOf(ctx.config, request.socket.remoteAddress, {
    forwardedFor: [forwardedFor ?? []].flat().join(','),
    forwardedProto: [forwardedProto ?? []].flat().join(','),
  });
  return (await authenticate(ctx, { authorization, cookie, ...arrival })).actor;
}

/** Ends the sockets of sessions and tokens that have ended, and learns of changed roles. */
export async function recheckSockets(ctx: Context, io: LiveServer): Promise<void> {
  for (const socket of io.sockets.sockets.values()) {
    const actor = await actorOf(ctx, socket.request);
    if (actor) socket.data.actor = actor;
    else socket.disconnect(true);
  }
}
