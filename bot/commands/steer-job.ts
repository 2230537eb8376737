import { cancelJob } from '../../server/services/job/cancel.ts';
import { retryJob } from '../../server/services/job/retry.ts';
import type { Handler } from './handler.ts';
import { jobAnswer, jobMeant } from './jobs.ts';

export const retry: Handler<'retry'> = async (bot, caller, { job, cancelled, 'rerun-hook': rerunHook }) => {
  const id = await jobMeant(bot, caller, job, { command: 'retry', among: 'failed' });
  const statuses = cancelled ? (['cancelled'] as const) : undefined;
  const made = await retryJob.run(bot.ctx, caller.actor, { id, statuses: statuses && [...statuses], rerunHook });
  return jobAnswer(bot, caller, made, `Job ${made.id} tries again what job ${id} left.`);
};

export const cancel: Handler<'cancel'> = async (bot, caller, { job, reason }) => {
  const id = await jobMeant(bot, caller, job, { command: 'cancel', among: 'active' });
  const left = await cancelJob.run(bot.ctx, caller.actor, { id, reason });
  const ended = left.status === 'cancelled';
  const running = left.counts.running > 0 ? ' What is past the switch on a host runs to its end.' : '';
  return jobAnswer(bot, caller, left, `Job ${id} is ${ended ? '' : 'being '}cancelled.${running}`);
};
