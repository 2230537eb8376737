import { Refusal } from '../../server/contracts/errors.ts';
import { showIncident } from '../../server/services/incident/show.ts';
import { showJob } from '../../server/services/job/show.ts';
import { approvalFacts } from '../../server/services/slack/approval-facts.ts';
import type { Bot, Caller } from '../caller.ts';
import { when } from '../cards/blocks.ts';
import { inline } from '../cards/escape.ts';
import { APPROVAL_STATES, INCIDENT_STATES, jobState } from '../cards/words.ts';
import type { ButtonId, ButtonValue } from './ids.ts';

interface Now {
  readonly revision: number;
  /** `job 42 is ✗ Failed`, escaped. */
  readonly words: string;
  /** Who brought it there, and when, where that is known. */
  readonly by?: string | null;
  readonly at: number | null;
}

/** That the card which was clicked showed something older, and what is true now; null: it did not, or that is not known. */
export async function outOfDate(
  bot: Bot,
  caller: Caller,
  button: ButtonId,
  value: ButtonValue,
): Promise<string | null> {
  const now = await nowOf(bot, caller, button, value.id).catch((error: unknown) => {
    if (error instanceof Refusal) return null;
    throw error;
  });
  if (!now || now.revision <= value.revision) return null;
  const by = now.by ? ` by ${inline(now.by, 60)}` : '';
  const at = now.at === null ? '' : `, ${when(now.at)}`;
  return `The card that you clicked was out of date: ${now.words}${by}${at}. It follows.`;
}

async function nowOf({ ctx }: Bot, { actor }: Caller, button: ButtonId, id: number): Promise<Now | null> {
  if (button.startsWith('job.')) {
    const job = await showJob.run(ctx, actor, { id });
    return { revision: job.revision, words: `job ${id} is now ${jobState(job)}`, at: job.endedAt };
  }
  if (button.startsWith('incident.')) {
    const { incident } = await showIncident.run(ctx, actor, { id });
    const { revision, status, acknowledgedBy, acknowledgedAt, resolvedBy, resolvedAt } = incident;
    const words = `incident ${id} is now ${INCIDENT_STATES[status]}`;
    return { revision, words, by: resolvedBy ?? acknowledgedBy, at: resolvedAt ?? acknowledgedAt };
  }
  if (!button.startsWith('approval.')) return null;
  const facts = await approvalFacts(ctx, id);
  if (!facts) return null;
  const { revision, state, endedBy, endedAt } = facts.approval;
  return { revision, words: `request ${id} is now ${APPROVAL_STATES[state]}`, by: endedBy, at: endedAt };
}
