import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { person } from '../../db/schema/index.ts';
import type { ClientEvents, ServerEvents, Snapshot } from '../../server/contracts/live.ts';
import { unpackSnapshot, type PackedSnapshot } from '../../server/contracts/snapshot.ts';
import type { Role } from '../../server/domain/permission.ts';
import { createApp } from '../../server/http/app.ts';
import { answerRequests } from '../../server/live/answer.ts';
import { startLive, type Live, type LiveOptions } from '../../server/live/start.ts';
import { openSession } from '../../server/services/people/session.ts';
import { openWorld, type World } from '../support/world.ts';

export type Client = Socket<ServerEvents, ClientEvents>;

export interface LiveWorld extends World {
  live: Live;
  origin: string;
  /** Headers of a browser in which somebody with these roles is signed in, on one of our pages. */
  browser(roles?: Role[]): Promise<Record<string, string>>;
  client(headers: Record<string, string>): Client;
  snapshot(headers: Record<string, string>): Promise<Snapshot>;
}

/** The web role on a real database and a real HTTP server. */
export async function openLiveWorld(options: LiveOptions = {}): Promise<LiveWorld> {
  const world = await openWorld();
  const http = await listening();
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const live = await startLive(world.ctx, http, 'build-1', options);
  const app = createApp(world.ctx, { snapshot: live.snapshot, feedAge: live.age, dashboardFolder: '/nowhere' });
  answerRequests(http, app.fetch);
  const clients: Client[] = [];
  return {
    ...world,
    live,
    origin,
    async browser(roles = ['viewer']) {
      const secret = await signIn(world, roles);
      return { cookie: `signalbox_session=${secret}`, origin };
    },
    client(extraHeaders) {
      const client: Client = io(origin, {
        extraHeaders,
        transports: ['websocket'],
        forceNew: true,
        reconnectionDelay: 10,
        reconnectionDelayMax: 20,
      });
      clients.push(client);
      return client;
    },
    async snapshot(headers) {
      const response = await fetch(`${origin}/api/v1/board`, { headers });
      if (!response.ok) throw new Error(`the snapshot answered ${response.status}`);
      return unpackSnapshot((await response.json()) as PackedSnapshot);
    },
    async close() {
      for (const client of clients) client.close();
      await live.stop();
      http.closeAllConnections();
      http.close();
      await world.close();
    },
  };
}

async function listening(): Promise<HttpServer> {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return http;
}

let people = 0;

async function signIn({ ctx }: World, roles: Role[]): Promise<string> {
  people += 1;
  const now = ctx.clock.now();
  const [row] = await ctx.db
    .insert(person)
    .values({
      name: 'Ana',
      email: `ana-${people}@example.org`,
      grants: roles.map((role) => ({ role })),
      createdAt: now,
    })
    .returning();
  const { secret } = await openSession(ctx.db, row as NonNullable<typeof row>, now, { openedBy: 'link' });
  return secret;
}
