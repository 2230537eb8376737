import { getRequestListener } from '@hono/node-server';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as createTlsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { pino, type Logger } from 'pino';
import { openBell } from '../db/bell.ts';
import { connect } from '../db/connect.ts';
import { startEmbedded } from '../db/embedded.ts';
import { migrate } from '../db/migrate.ts';
import { openSessionLocks } from '../db/session-lock.ts';
import { rendererLockClass } from '../bot/render/start.ts';
import { startBot, type RunningBot } from '../bot/start.ts';
import { startClock } from './clock/start.ts';
import { readConfig, type Config } from './config.ts';
import { createApp, SLACK_PATH, type AppDeps } from './http/app.ts';
import { answerRequests } from './live/answer.ts';
import { startLive } from './live/start.ts';
import { makeEnqueue, startBoss, stopBoss } from './queue/boss.ts';
import type { Context } from './services/context.ts';
import { repeat } from './services/engine/repeat.ts';
import { beatIntake, INTAKE_BEAT_MS } from './services/health/outage.ts';
import { ensureSetUpLink } from './services/people/set-up.ts';
import { serverUrl } from './services/server-url.ts';
import { openSecretKey } from './secret-key.ts';
import { startWorker } from './worker/start.ts';

export interface RunningServer {
  ctx: Context;
  /** Where people reach it. */
  url: string;
  /** The one-time link that creates the first admin; null once there is somebody. */
  setUpLink: string | null;
  /** Resolves when the database server that this process brought along has ended unasked. */
  databaseLost: Promise<string>;
  /** Takes no new work, tells screens that it restarts, leaves running steps to the hosts, and ends. */
  stop(): Promise<void>;
}

/** Runs a server until SIGTERM or Ctrl-C, which drain it; a second one ends it at once. Throws when it cannot start. */
export async function serve(env: Record<string, string | undefined>, print: (line: string) => void): Promise<void> {
  const config = readConfig(env);
  const server = await startServer(config);
  print(`Signalbox runs at ${server.url} (roles: ${config.roles.join(', ')})`);
  if (server.setUpLink) print(`Nobody can sign in yet. Create the first admin here, once: ${server.setUpLink}`);
  const ended = await Promise.race([
    server.databaseLost.then((words) => ({ why: `its PostgreSQL has ended: ${words}`, failed: true })),
    signalled().then((signal) => ({ why: signal, failed: false })),
  ]);
  print(`Signalbox stops: ${ended.why}`);
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  await server.stop();
  // A connection to a database that is frozen cannot be closed, and would keep the process for ever.
  setTimeout(() => process.exit(), 1_000).unref();
  if (ended.failed) throw new Error('The database server ended unasked. Start again; what was committed is there.');
}

function signalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
}

/** Parts that do not answer any more, as behind a frozen line, are left: hosts and leases do without us. Milliseconds. */
const closeMs = 8_000;

async function closeWithin(close: () => Promise<unknown>): Promise<void> {
  const late = new AbortController();
  const tooLate = delay(closeMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`a part of the server did not end within ${closeMs / 1_000} s; it is left`);
  });
  await Promise.race([close(), tooLate]).finally(() => late.abort());
}

const dashboardFolder = join(import.meta.dirname, '..', 'dashboard', 'dist');

/** The composition root: config → database → context → roles. Whatever was opened is closed again when a later part fails. */
export async function startServer(
  config: Config,
  log: Logger = newLog(config),
  { demoRoutes }: Pick<AppDeps, 'demoRoutes'> = {},
): Promise<RunningServer> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0)) {
      await closeWithin(close).catch((error: unknown) => log.error({ err: error }, 'stop'));
    }
  };
  try {
    return await start(config, log, demoRoutes, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  config: Config,
  log: Logger,
  demoRoutes: AppDeps['demoRoutes'],
  closers: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<RunningServer> {
  const opened = <T>(thing: T, close: (thing: T) => Promise<unknown>): T => {
    closers.unshift(() => close(thing));
    return thing;
  };
  await mkdir(config.dataFolder, { recursive: true });
  await mkdir(config.keysFolder, { recursive: true, mode: 0o700 });
  const embedded = config.databaseUrl
    ? null
    : opened(await startEmbedded({ folder: join(config.dataFolder, 'postgres') }), (server) => server.stop());
  const databaseUrl = config.databaseUrl ?? (embedded as { url: string }).url;
  await migrate(databaseUrl);

  const works = config.roles.includes('worker');
  const db = opened(connect(databaseUrl, { max: 16 }), ({ $client }) => $client.end({ timeout: 2 }));
  const bell = opened(await openBell(databaseUrl), (it) => it.close());
  const boss = opened(await startBoss(databaseUrl, { log, works }), (it) => stopBoss(it, 2_000));
  const locks = opened(openSessionLocks(databaseUrl, 'signalbox'), (it) => it.close());

  const isWeb = config.roles.includes('web');
  const http = isWeb || takesSlackRequests(config) ? opened(await listen(config), closeHttp) : null;
  const port = http ? (http.address() as AddressInfo).port : config.port;
  const ctx: Context = {
    db,
    bell,
    log,
    config: { ...config, port, secretKey: await openSecretKey(config) },
    clock: { now: () => Date.now() },
    enqueue: makeEnqueue(boss),
  };

  const bot = config.roles.includes('bot')
    ? opened(startBot(ctx, { lead: () => locks.lead(rendererLockClass) }), (it) => it.stop())
    : null;
  if (http && isWeb) await serveWeb(ctx, http, opened, { slackEvents: bot?.handle, demoRoutes });
  else if (http && bot) serveSlackAlone(http, bot);
  if (works) opened(await startWorker(ctx, boss, locks), (end) => end());
  if (config.roles.includes('clock')) opened(startClock(ctx, locks), (end) => end());
  return {
    ctx,
    url: serverUrl(ctx.config),
    setUpLink: isWeb ? await ensureSetUpLink(ctx) : null,
    databaseLost: embedded?.ended ?? new Promise(() => undefined),
    stop,
  };
}

async function serveWeb(
  ctx: Context,
  http: WebServer,
  opened: <T>(thing: T, close: (thing: T) => Promise<unknown>) => T,
  more: Pick<AppDeps, 'slackEvents' | 'demoRoutes'>,
): Promise<void> {
  const live = opened(await startLive(ctx, http, dashboardBuild()), (it) => it.stop());
  const app = createApp(ctx, { snapshot: live.snapshot, feedAge: live.age, dashboardFolder, ...more });
  opened(
    repeat('health-reports', INTAKE_BEAT_MS, ctx.log, () => beatIntake(ctx, 'health-reports')),
    (end) => end(),
  );
  answerRequests(http, app.fetch);
}

/** A process that is only the bot still has to be reached by Slack, unless it reaches out itself, in Socket Mode. */
function takesSlackRequests({ roles, slack }: Config): boolean {
  return roles.includes('bot') && slack !== null && slack.appToken === null;
}

function serveSlackAlone(http: WebServer, { handle }: RunningBot): void {
  const answer = getRequestListener((request) => {
    const isSlacks = request.method === 'POST' && new URL(request.url).pathname === SLACK_PATH;
    return handle && isSlacks ? handle(request) : new Response('There is nothing here.', { status: 404 });
  });
  http.on('request', (request, response) => void answer(request, response));
}

/** The build id that screens compare with their own; `dev` when the dashboard is not built. */
function dashboardBuild(): string {
  const file = join(dashboardFolder, 'build.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { build: string }).build : 'dev';
}

type WebServer = HttpServer | HttpsServer;

async function listen(config: Config): Promise<WebServer> {
  const server = config.tls ? createTlsServer(await tlsOptions(config.tls)) : createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, config)));
    server.listen(config.port, config.bind, resolve);
  });
  return server;
}

/** Read and tried once at the start: what is wrong with the files is said here, not at the first handshake. */
async function tlsOptions({ certFile, keyFile }: NonNullable<Config['tls']>) {
  try {
    const options = { cert: await readFile(certFile), key: await readFile(keyFile), minVersion: 'TLSv1.2' as const };
    createSecureContext(options);
    return options;
  } catch (error) {
    throw new Error(
      `Start refused: certificate and key for https cannot be used: ${error instanceof Error ? error.message : error}. ` +
        'Check the files that SIGNALBOX_TLS_CERT and SIGNALBOX_TLS_KEY name.',
    );
  }
}

function explained(error: NodeJS.ErrnoException, { bind, port }: Config): Error {
  const where = `${bind}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new Error(
      `Start refused: ${where} is taken. Stop what listens there, or set SIGNALBOX_PORT to a free port.`,
    );
  }
  return new Error(
    `Start refused: cannot listen on ${where}: ${error.message}. Check SIGNALBOX_BIND and SIGNALBOX_PORT.`,
  );
}

async function closeHttp(server: WebServer): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

function newLog(config: Config): Logger {
  return pino({ level: config.logLevel, base: undefined }, pino.destination({ fd: 2, sync: true }));
}
