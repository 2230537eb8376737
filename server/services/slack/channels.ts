import { channelsOfJob } from '../../../db/queries/slack-facts.ts';
import type { Context } from '../context.ts';

export type ChannelUse = 'cards' | 'escalation';

/**
 * The channel for what is said about a job: that of its environments where they agree, else that of its product, else
 * that of the settings. Null: none is set, so nothing is said.
 */
export async function channelFor(ctx: Context, jobId: number, use: ChannelUse): Promise<string | null> {
  const { product, environments } = await channelsOfJob(ctx.db, jobId);
  const column = use === 'cards' ? 'slackChannel' : 'slackEscalation';
  const setting = use === 'cards' ? ctx.config.slack?.channel : ctx.config.slack?.escalation;
  const fallback = product?.[column] ?? setting ?? null;
  const wanted = new Set(environments.map((environment) => environment[column] ?? fallback));
  const [only = fallback] = wanted;
  return wanted.size <= 1 ? only : fallback;
}
