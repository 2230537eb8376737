import { putSlackAccount } from '../../../db/queries/slack-wire.ts';
import type { Entries } from '../../../bot/entries.ts';
import { startBot, type RunningBot } from '../../../bot/start.ts';
import type { StandInOptions } from '../../../server/demo/slack/start.ts';
import type { Grant, Role } from '../../../server/domain/permission.ts';
import type { AppDeps } from '../../../server/http/app.ts';
import type { Context } from '../../../server/services/context.ts';
import type { Actor } from '../../../server/services/verb.ts';
import { personOf } from '../people.ts';
import { openSite, type Site } from '../site.ts';
import type { SocketMode } from './socket-mode.ts';
import { openWorkspace, type TestWorkspace } from './workspace.ts';

export interface BotSite extends Site {
  slack: TestWorkspace;
  /** Slack's end of Socket Mode; null over HTTP. */
  sockets: SocketMode | null;
  /** A new person with these grants, linked to this Slack user. */
  linked(user: string, name: string, ...given: (Role | Grant)[]): Promise<Actor>;
  /** Stops the bot and starts it anew, as a process that restarts. */
  restartBot(): Promise<void>;
}

export interface BotSiteOptions {
  standIn?: StandInOptions;
  settings?: Record<string, string>;
  socketMode?: boolean;
  /** The limits are Slack's own. Else both ends are patient: what a slow machine takes long for comes to the same. */
  hurried?: boolean;
  /** The renderer runs too: cards are kept true. */
  cards?: boolean;
  /** Instead of the real commands, buttons and dialogs. */
  entries?: Entries;
  context?: (ctx: Context) => Context;
  deps?: Partial<AppDeps>;
}

/** No test waits a minute for the next try. */
export const shortWaits = { wellMs: 200, firstMs: 50, longestMs: 200, greetingMs: 2_000 };

/**
 * A whole server with the real bot: our own stand-in of Slack on one side, real HTTP (or Socket Mode's WebSocket) on the
 * other, both on the world's clock. The bot knows the workspace when this resolves.
 */
export async function openBotSite(options: BotSiteOptions = {}): Promise<BotSite> {
  const time: { now: () => number } = { now: () => Date.now() };
  const patience = options.hurried ? {} : { patienceMs: 40_000 };
  const slack = await openWorkspace({ now: () => time.now(), ...patience, ...options.standIn });
  const sockets = options.socketMode ? slack.useSocketMode() : null;
  let bot: RunningBot = { stop: () => Promise.resolve() };
  const site = await openSite({
    settings: {
      ...slack.settings(options.socketMode),
      ...(options.hurried ? {} : { SLACK_ANSWER_MS: '30000' }),
      ...options.settings,
    },
    deps: {
      slackEvents: (request) => bot.handle?.(request) ?? Promise.resolve(new Response(null, { status: 404 })),
      ...options.deps,
    },
    ...(options.context ? { context: options.context } : {}),
  });
  const { world } = site;
  time.now = () => world.time.now;
  world.ctx.config.url ??= site.url;
  const ctx = options.context ? options.context(world.ctx) : world.ctx;
  slack.requestUrl = `${site.url}/slack/events`;
  const start = async () => {
    bot = startBot(ctx, {
      waits: shortWaits,
      ...(options.entries ? { entries: options.entries } : {}),
      ...(options.cards ? { lead: () => Promise.resolve(true) } : {}),
    });
    await sockets?.connected();
  };
  await start();
  return Object.assign(site, {
    slack,
    sockets,
    async linked(user: string, name: string, ...given: (Role | Grant)[]) {
      const actor = await personOf(world, name, ...given);
      const row = { team: slack.workspace.team, user, userName: name, personId: actor.id as number };
      await world.ctx.db.transaction((tx) => putSlackAccount(tx, { ...row, linkedAt: ctx.clock.now() }));
      return actor;
    },
    async restartBot() {
      await bot.stop();
      await start();
    },
    close: closing(site.close, async () => {
      await bot.stop();
      await slack.close();
    }),
  });
}

function closing(site: () => Promise<void>, first: () => Promise<void>): () => Promise<void> {
  return async () => {
    await first();
    await site();
  };
}
