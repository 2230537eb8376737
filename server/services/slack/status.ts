import { oldestMessageProblem } from '../../../db/queries/slack-messages.ts';
import { putSlackStatus, readSlackStatus } from '../../../db/queries/slack-wire.ts';
import type { SlackStatusView } from '../../contracts/slack.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Context } from '../context.ts';
import { verb } from '../verb.ts';

/** Who the bot is in Slack, as `auth.test` says. */
export interface BotIdentity {
  readonly team: string;
  readonly botUser: string;
  readonly botId: string | undefined;
}

/** Slack answered, as the one whom we expected. What was wrong with it is over. */
export async function noteSlackAnswers(ctx: Context, { team, botUser }: BotIdentity): Promise<void> {
  const now = ctx.clock.now();
  const before = await readSlackStatus(ctx.db);
  const connectedAt = before?.problem || before?.connectedAt == null ? now : before.connectedAt;
  const well = { lastOkAt: now, problem: null, problemSince: null };
  await putSlackStatus(ctx.db, { ...standing(ctx), team, botUser, connectedAt, ...well, updatedAt: now });
}

/** Slack does not answer, or refuses us. `problemSince` stays that of the first problem in a row. */
export async function noteSlackProblem(ctx: Context, problem: Reason): Promise<void> {
  const now = ctx.clock.now();
  const before = await readSlackStatus(ctx.db);
  const problemSince = before?.problem ? before.problemSince : now;
  await putSlackStatus(ctx.db, { ...standing(ctx), problem, problemSince, updatedAt: now });
}

/** Slack has taken a message. `recovered`: it did not before, and that is over. */
export async function noteSlackTakes(ctx: Context, recovered: boolean): Promise<void> {
  const now = ctx.clock.now();
  const well = recovered ? { problem: null, problemSince: null } : {};
  await putSlackStatus(ctx.db, { ...standing(ctx), ...well, lastOkAt: now, updatedAt: now });
}

/** How many messages wait to be sent, and since when the oldest does; null: none waits. */
export async function noteSlackWaiting(ctx: Context, waiting: number, waitingSince: number | null): Promise<void> {
  await putSlackStatus(ctx.db, { ...standing(ctx), waiting, waitingSince, updatedAt: ctx.clock.now() });
}

function standing({ config }: Context): { transport: 'socket' | 'http' } {
  return { transport: config.slack?.appToken ? 'socket' : 'http' };
}

/** Products and environments may have channels of their own: theirs are told all the same. */
const NO_CHANNEL: Reason = {
  code: 'no_channel',
  sentence:
    'No channel is set, so there are no cards but where a product or an environment has its own. Set SLACK_CHANNEL.',
};

/** How the bot stands with Slack, for the console. */
export const showSlackStatus = verb('board.read', async (ctx): Promise<SlackStatusView> => {
  const row = ctx.config.slack ? await readSlackStatus(ctx.db) : undefined;
  // Where Slack answers and takes one message but not another, that other's problem is ours to mend.
  const stuck = ctx.config.slack && !row?.problem ? await oldestMessageProblem(ctx.db) : undefined;
  const problem = row?.problem ?? stuck?.problem ?? (ctx.config.slack?.channel === null ? NO_CHANNEL : null);
  return {
    configured: ctx.config.slack !== null,
    transport: ctx.config.slack ? standing(ctx).transport : null,
    team: row?.team ?? null,
    lastOkAt: row?.lastOkAt ?? null,
    problem,
    problemSince: row?.problemSince ?? stuck?.dueAt ?? null,
    waiting: row?.waiting ?? 0,
    waitingSince: row?.waitingSince ?? null,
  };
});
