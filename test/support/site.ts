import { serve } from '@hono/node-server';
import type { Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createClient, type Client } from '../../server/contracts/client.ts';
import { packSnapshot } from '../../server/contracts/snapshot.ts';
import { emptyBoard } from '../../server/domain/board.ts';
import type { Grant, Role } from '../../server/domain/permission.ts';
import { createApp, type AppDeps } from '../../server/http/app.ts';
import type { Context } from '../../server/services/context.ts';
import { invite } from '../../server/services/people/invite.ts';
import { createToken } from '../../server/services/people/tokens.ts';
import { useLink } from '../../server/services/people/use-link.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { openWorld, type World } from './world.ts';

/** A world behind a real HTTP server on a port of its own. */
export interface Site {
  world: World;
  app: ReturnType<typeof createApp>;
  http: Server;
  url: string;
  /** `dashboard/dist` of this site: empty until a test puts pages there. */
  pages: string;
  /** A request as it goes over the wire: no headers but those given. */
  send(method: string, path: string, init?: { headers?: Record<string, string>; body?: string }): Promise<Response>;
  /** Cookie header of a new person with these grants, signed in; a role alone is one for all of the fleet. */
  cookieOf(roles: (Role | Grant)[]): Promise<string>;
  tokenOf(roles: (TokenGrant | TokenGrant['role'])[]): Promise<string>;
  clientOf(roles: (TokenGrant | TokenGrant['role'])[]): Promise<Client>;
  close(): Promise<void>;
}

type TokenGrant = Grant & { role: Exclude<Role, 'approver'> };

export interface SiteOptions {
  settings?: Record<string, string>;
  context?: (ctx: Context) => Context;
  deps?: Partial<AppDeps>;
}

export async function openSite({ settings, context = (ctx) => ctx, deps }: SiteOptions = {}): Promise<Site> {
  const world = await openWorld(settings);
  const pages = await mkdtemp(join(tmpdir(), 'signalbox-pages-'));
  const snapshot = {
    gzip: gzipSync(JSON.stringify(await packSnapshot({ board: emptyBoard(), serverTime: 0, build: 'test' }))),
    etag: '"0.0"',
  };
  const app = createApp(context(world.ctx), {
    snapshot: () => Promise.resolve(snapshot),
    feedAge: () => 0,
    dashboardFolder: pages,
    ...deps,
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokenOf: Site['tokenOf'] = async (roles) =>
    (await createToken.run(world.ctx, signalboxActor, { name: 'test', grants: roles.map(asGrant) })).secret;
  let people = 0;
  return {
    world,
    app,
    http: server as Server,
    url,
    pages,
    send: (method, path, init = {}) => fetch(url + path, { method, redirect: 'manual', ...init }),
    async cookieOf(roles) {
      people += 1;
      const email = `person-${people}@example.com`;
      const { link } = await invite.run(world.ctx, signalboxActor, {
        name: `Person ${people}`,
        email,
        grants: roles.map(asGrant),
      });
      const { secret } = await useLink(world.ctx, { token: secretIn(link) });
      return `signalbox_session=${secret}`;
    },
    tokenOf,
    clientOf: async (roles) => createClient({ baseUrl: url, token: await tokenOf(roles) }),
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
      await world.close();
      await rm(pages, { recursive: true });
    },
  };
}

function asGrant<R extends Role>(given: R | (Grant & { role: R })): Grant & { role: R } {
  return typeof given === 'string' ? { role: given } : given;
}

/** The secret that a one-time link carries behind its `#`. */
export function secretIn(link: string): string {
  return link.slice(link.indexOf('#') + 1);
}
