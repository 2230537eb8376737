import type { Context } from '../server/services/context.ts';
import { entries as everyEntry } from './entries-table.ts';
import type { Entries } from './entries.ts';
import { startRenderer } from './render/start.ts';
import { slackApp, socketReceiver } from './slack/app.ts';
import { slackClients } from './slack/clients.ts';
import { keepConnected, WAITS, type Waits } from './slack/keep-connected.ts';
import { fetchReceiver } from './slack/receiver.ts';

export interface RunningBot {
  /** Takes what Slack sends to /slack/events; absent in Socket Mode, where nothing is sent there. */
  readonly handle?: (request: Request) => Promise<Response>;
  stop(): Promise<void>;
}

export interface BotOptions {
  readonly entries?: Entries;
  readonly waits?: Waits;
  /** Whether this process sends the cards; without it none are sent. */
  readonly lead?: () => Promise<boolean>;
}

/** How long the answers that are being worked on may take at the end. */
const DRAIN_MS = 5_000;

/** The bot role. It starts whether Slack is there or not, and goes on trying; without a bot token it does nothing. */
export function startBot(ctx: Context, { entries = everyEntry, waits = WAITS, lead }: BotOptions = {}): RunningBot {
  const { slack } = ctx.config;
  if (!slack) return { stop: () => Promise.resolve() };
  const clients = slackClients(slack, ctx.log);
  const { appToken } = slack;
  const socket = appToken === null ? null : socketReceiver(ctx, { ...slack, appToken });
  const http = fetchReceiver(ctx, slack);
  const connection = keepConnected(ctx, slack, clients, socket, waits);
  const app = slackApp(ctx, slack, clients, { receiver: socket ?? http, connection, entries });
  const stopRenderer = lead ? startRenderer(ctx, { client: clients.background, lead }) : () => Promise.resolve();
  return {
    ...(socket ? {} : { handle: (request: Request) => http.handle(request) }),
    async stop() {
      await stopRenderer();
      await connection.stop();
      await Promise.race([app.drained(), new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
    },
  };
}
