import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import { fromOwnPage } from '../contracts/access.ts';
import type { Context } from '../services/context.ts';
import { arrivalOf } from '../services/people/arrival.ts';
import { authenticate } from '../services/people/authenticate.ts';
import type { Actor } from '../services/verb.ts';
import { openAdmission } from './admission.ts';
import type { LiveServer } from './socket.ts';

const path = '/socket.io/';

/** Requests that the live feed answers itself. */
export function isLivePath(url: string | undefined): boolean {
  return url?.startsWith(path) ?? false;
}

/** Socket.IO on the HTTP server, for those who are signed in and come from our own pages or with a token. */
export function openServer(ctx: Context, http: HttpServer): LiveServer {
  const admission = openAdmission();
  const io: LiveServer = new Server(http, {
    path,
    serveClient: false,
    transports: ['websocket', 'polling'],
    pingInterval: 10_000,
    pingTimeout: 10_000,
    // Clients only ever send a cursor or a task's number.
    maxHttpBufferSize: 10_000,
    allowRequest: (request, answer) =>
      comesFromOwnPage(ctx, request) ? admission.enter(() => answer(null, true)) : answer('foreign_origin', false),
  });
  io.use((socket, next) => {
    actorOf(ctx, socket.request).then(
      // The database may answer for all of them in one turn.
      (actor) =>
        admission.enter(() => {
          if (!actor) return next(new Error('not_signed_in'));
          socket.data.actor = actor;
          next();
        }),
      (error: unknown) => {
        ctx.log.warn({ err: error }, 'live: a socket could not be authenticated');
        next(new Error('unavailable'));
      },
    );
  });
  return io;
}

/**
 * Browsers open sockets to anywhere and send our cookie along: only our own pages may. A program shows a token, which
 * no browser sends by itself.
 */
function comesFromOwnPage(ctx: Context, request: IncomingMessage): boolean {
  const { authorization, origin, host, 'sec-fetch-site': site } = request.headers;
  if (/^Bearer /i.test(authorization ?? '')) return true;
  const secFetchSite = typeof site === 'string' ? site : undefined;
  return fromOwnPage({ origin, host, secFetchSite }, ctx.config.url);
}

async function actorOf(ctx: Context, request: IncomingMessage): Promise<Actor | undefined> {
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
