import { setTimeout as pause } from 'node:timers/promises';
import type { SocketModeReceiver } from '@slack/bolt';
import type { SlackConfig } from '../../server/config.ts';
import type { Reason } from '../../server/domain/reason.ts';
import type { Context } from '../../server/services/context.ts';
import { noteSlackAnswers, noteSlackProblem, type BotIdentity } from '../../server/services/slack/status.ts';
import { slackErrorOf, type SlackClients } from './clients.ts';

/** How long to wait until Slack is asked again. Milliseconds. */
export interface Waits {
  /** While all is well. */
  readonly wellMs: number;
  /** After the first failure; doubled by every further one. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** For the greeting on a new socket. */
  readonly greetingMs: number;
}
export const WAITS: Waits = { wellMs: 60_000, firstMs: 1_000, longestMs: 30_000, greetingMs: 15_000 };

/** Who we are in Slack, asked again and again, in the background: Slack may be away for as long as it likes. */
export interface Connection {
  /** As Slack said last; null: it has not answered yet. */
  self(): { botId: string | undefined; botUserId: string } | null;
  stop(): Promise<void>;
}

export function keepConnected(
  ctx: Context,
  slack: SlackConfig,
  { background }: SlackClients,
  receiver: SocketModeReceiver | null,
  waits: Waits = WAITS,
): Connection {
  const ending = new AbortController();
  /** A question that Slack leaves open must not hold up the end. */
  const ended = new Promise<never>((_resolve, reject) => {
    ending.signal.addEventListener('abort', () => reject(new Error('the bot is stopping')));
  });
  ended.catch(() => undefined);
  let known: BotIdentity | null = null;

  async function identity(): Promise<BotIdentity> {
    const {
      team_id: team = '',
      user_id: botUser = '',
      bot_id: botId,
    } = await Promise.race([background.auth.test(), ended]);
    if (!slack.teams.includes(team)) throw new OtherTeam(team);
    return (known = { team, botUser, botId });
  }

  /** Resolves while all is well, rejects with what is wrong. */
  async function proven(): Promise<void> {
    await noteSlackAnswers(ctx, await identity());
  }

  async function failed(error: unknown): Promise<void> {
    if (ending.signal.aborted) return;
    await noteSlackProblem(ctx, reasonOf(error)).catch((problem: unknown) => {
      ctx.log.warn({ err: problem }, 'slack: its state could not be noted');
    });
  }

  async function loop(turn: () => Promise<void>, restMs: number): Promise<void> {
    for (let failures = 0; !ending.signal.aborted;) {
      try {
        await turn();
        failures = 0;
      } catch (error) {
        await failed(error);
        failures += 1;
      }
      const waitMs = failures === 0 ? restMs : Math.min(waits.longestMs, waits.firstMs * 2 ** (failures - 1));
      await pause(waitMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  }

  /** One life of the socket: connects, proves itself, and lasts until it is cut. */
  async function socketLife({ client }: SocketModeReceiver): Promise<void> {
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    const close = () => void client.disconnect().catch(() => undefined);
    const greeting = setTimeout(close, waits.greetingMs);
    let proof: NodeJS.Timeout | undefined;
    try {
      const self = await identity();
      await Promise.race([client.start(), ended]);
      clearTimeout(greeting);
      const began = performance.now();
      client.once('disconnected', resolve);
      await noteSlackAnswers(ctx, self);
      proof = setInterval(() => void proven().catch(failed), waits.wellMs);
      await cut;
      // Slack renews a socket every few hours; one that is cut at once would be opened again without end.
      if (performance.now() - began < waits.firstMs) throw new Error('it closes the socket at once');
    } finally {
      clearTimeout(greeting);
      clearInterval(proof);
      client.off('disconnected', resolve);
      close();
    }
  }

  const running = receiver ? loop(() => socketLife(receiver), 0) : loop(proven, waits.wellMs);
  return {
    self: () => known && { botId: known.botId, botUserId: known.botUser },
    async stop() {
      ending.abort();
      if (receiver) await receiver.client.disconnect().catch(() => undefined);
      await running;
    },
  };
}

class OtherTeam extends Error {
  readonly team: string;
  constructor(team: string) {
    super(`the bot's token is of workspace ${team}`);
    this.team = team;
  }
}

function reasonOf(error: unknown): Reason {
  if (error instanceof OtherTeam) {
    return {
      code: 'other_team',
      sentence: `The bot token is of workspace ${error.team}, which SLACK_TEAMS does not name. Add it there, or use the token of the right one.`,
    };
  }
  const said = slackErrorOf(error);
  if (said !== undefined) {
    return {
      code: 'slack_refuses',
      sentence: `Slack refuses the bot: ${said}. Run signalbox slack doctor; it says what to do.`,
    };
  }
  const cause = error instanceof Error ? error.message : 'the socket was closed';
  return {
    code: 'slack_away',
    sentence: `Slack does not answer (${cause}). Cards wait until it does; the console works.`,
  };
}
