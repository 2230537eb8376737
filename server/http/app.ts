import { Hono } from 'hono';
import { feedIndexJsonSchema } from '../contracts/feed.ts';
import { Refusal } from '../contracts/errors.ts';
import { fleetFileJsonSchema } from '../contracts/fleet.ts';
import type { BoardPart } from '../contracts/live.ts';
import { releaseManifestJsonSchema } from '../contracts/package.ts';
import type { Context } from '../services/context.ts';
import type { Caller } from './caller.ts';
import { registerClientRoutes } from './client-routes.ts';
import { registerEndpoints } from './endpoints.ts';
import { registerHelmRoutes } from './helm-routes.ts';
import { registerHealth, type FeedAge } from './health.ts';
import { openApiDocument } from './openapi.ts';
import { registerPages } from './pages.ts';
import { problemResponse } from './problem.ts';
import { securityHeaders } from './security-headers.ts';
import { registerStreams, type CompressedSnapshot } from './streams.ts';

/** What the HTTP side needs of its neighbours; the composition root brings them together. */
export interface AppDeps {
  snapshot(part: BoardPart): Promise<CompressedSnapshot>;
  feedAge: FeedAge;
  /** `dashboard/dist`, whether it is built or not. */
  dashboardFolder: string;
  /** Takes what Slack sends; absent where the bot runs elsewhere, in Socket Mode, or not at all. */
  slackEvents?: ((request: Request) => Promise<Response>) | undefined;
  /** What only a demo serves beside everything else. */
  demoRoutes?: ((app: App, ctx: Context) => void) | undefined;
}

export type App = Hono<{ Variables: { caller: Caller } }>;

/** Where Slack's requests arrive. */
export const SLACK_PATH = '/slack/events';

/** The whole HTTP side. Serve it with `serve({ fetch: app.fetch })`; Socket.IO attaches to the server that this returns. */
export function createApp(ctx: Context, deps: AppDeps) {
  const app: App = new Hono();
  app.onError((error, c) => problemResponse(ctx, c, error));
  app.notFound((c) => problemResponse(ctx, c, notFound(c.req.method, c.req.path)));
  app.use('*', securityHeaders(ctx));

  registerHealth(app, ctx, deps.feedAge);
  registerEndpoints(app, ctx);
  registerStreams(app, ctx, deps.snapshot);
  registerClientRoutes(app, ctx);
  registerHelmRoutes(app, ctx);
  registerDocuments(app);
  const { slackEvents } = deps;
  if (slackEvents) app.post(SLACK_PATH, (c) => slackEvents(c.req.raw));
  deps.demoRoutes?.(app, ctx);
  app.all('/api/*', (c) => c.notFound());
  registerPages(app, deps.dashboardFolder);
  return app;
}

function registerDocuments(app: App): void {
  const documents = {
    '/openapi.json': openApiDocument,
    '/schemas/release.json': releaseManifestJsonSchema,
    '/schemas/feed-index.json': feedIndexJsonSchema,
    '/schemas/fleet.json': fleetFileJsonSchema,
  };
  for (const [path, make] of Object.entries(documents)) {
    let made: object | undefined;
    app.get(path, (c) => c.json((made ??= make()), 200, { 'cache-control': 'no-cache' }));
  }
}

function notFound(method: string, path: string): Refusal {
  return new Refusal('not_found', `${method} ${path}: there is nothing here. /openapi.json lists every endpoint.`);
}
