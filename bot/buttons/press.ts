import { Refusal } from '../../server/contracts/errors.ts';
import type { Click } from '../../server/domain/approval.ts';
import { heldText } from '../../server/domain/hold-words.ts';
import { counted, instantText } from '../../server/domain/wording.ts';
import { decideApproval } from '../../server/services/approval/decide.ts';
import { releaseHold } from '../../server/services/hold/release.ts';
import { acknowledgeIncident } from '../../server/services/incident/acknowledge.ts';
import { escalateToOthers } from '../../server/services/incident/escalate.ts';
import { showIncident } from '../../server/services/incident/show.ts';
import { cancelJob } from '../../server/services/job/cancel.ts';
import { continueJob } from '../../server/services/job/continue.ts';
import { pauseJob } from '../../server/services/job/pause.ts';
import { resumeJob } from '../../server/services/job/resume.ts';
import { serverUrl } from '../../server/services/server-url.ts';
import { approvalFacts } from '../../server/services/slack/approval-facts.ts';
import { retryOnce } from '../../server/services/slack/retry-once.ts';
import { jobShown } from '../../server/services/slack/shown.ts';
import { said, type Bot, type Caller, type Reply } from '../caller.ts';
import { link } from '../cards/blocks.ts';
import { inline } from '../cards/escape.ts';
import { APPROVAL_STATES, hostTotal } from '../cards/words.ts';
import { openDialog } from '../dialogs/open.ts';
import { uploadEvidence } from './evidence.ts';
import { BUTTONS, type ButtonId, type ButtonValue } from './ids.ts';
import { outOfDate } from './out-of-date.ts';
import { refusedAs } from './refused-as.ts';

type Press = (bot: Bot, caller: Caller, value: ButtonValue) => Promise<Reply>;

/** Every button and what it does: one verb, or the dialog that asks for the rest. */
const PRESSES = {
  'approval.approve': (bot, caller, value) => decide(bot, caller, value, 'approve'),
  'approval.reject': openReject,
  'approval.cancel': (bot, caller, value) => decide(bot, caller, value, 'cancel'),
  'job.cancel': cancel,
  'job.pause': async (bot, { actor }, { id }) => {
    const { counts } = await pauseJob.run(bot.ctx, actor, { id });
    return told(`‖ ${page(bot, 'job', id)} is paused: nothing new starts, ${goOn(counts.running)}.`);
  },
  'job.resume': async (bot, { actor }, { id }) => {
    await resumeJob.run(bot.ctx, actor, { id });
    return told(`▸ ${page(bot, 'job', id)} goes on.`);
  },
  'job.continue': continueWave,
  'job.retry': (bot, caller, { id }) => retry(bot, caller, id),
  'job.rollback': (bot, caller, { id }) => rollBack(bot, caller, id),
  'job.evidence': (bot, caller, { id }) => uploadEvidence(bot, caller, id),
  'incident.hold': (bot, caller, { id }) => openDialog(bot, caller, { dialog: 'hold', incidentId: id, scope: {} }),
  'incident.rollback': async (bot, caller, { id }) => rollBack(bot, caller, await jobOf(bot, caller, id)),
  'incident.retry': async (bot, caller, { id }) => retry(bot, caller, await jobOf(bot, caller, id)),
  'incident.acknowledge': async (bot, { actor }, { id }) => {
    await acknowledgeIncident.run(bot.ctx, actor, { id });
    return told(`◐ ${page(bot, 'incident', id)} is yours.`);
  },
  'incident.escalate': async (bot, { actor }, { id }) => {
    await escalateToOthers.run(bot.ctx, actor, { id });
    return told(`△ ${page(bot, 'incident', id)}: everybody who is here is called in its thread.`);
  },
  'incident.resolve': (bot, caller, { id }) => openDialog(bot, caller, { dialog: 'resolve', incidentId: id }),
  'hold.release': async (bot, { actor }, { id }) => {
    const hold = await releaseHold.run(bot.ctx, actor, { id });
    return told(`▸ The hold on ${inline(heldText(hold), 200)} is released: what it stopped goes on by itself.`);
  },
} as const satisfies Record<ButtonId, Press>;

/**
 * What a click on a card does, and what the person gets to see of it: what happened, or why not, who was first, and
 * whether the card was out of date. Throws only what nobody foresaw.
 */
export async function pressButton(bot: Bot, caller: Caller, id: ButtonId, value: ButtonValue): Promise<Reply> {
  try {
    return await PRESSES[id](bot, caller, value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const late = await outOfDate(bot, caller, id, value);
    return told(`✗ ${inline(refusedAs(BUTTONS[id], error), 1_500)}`, late);
  }
}

async function decide(bot: Bot, { actor }: Caller, { id, revision }: ButtonValue, verdict: Click['verdict']) {
  const { approval, answer } = await decideApproval.run(bot.ctx, actor, { id, verdict, via: 'slack' });
  const counts = answer.code === 'recorded';
  // Whoever was late gets the end in its sentence already.
  const late = !counts && approval.state !== 'pending' && approval.revision > revision;
  return told(
    `${counts ? '✓' : '✗'} ${page(bot, 'approval', id)}: ${inline(answer.sentence, 1_000)}`,
    answer.code === 'web_only' ? link(`${serverUrl(bot.ctx.config)}/approvals/${id}`, 'Decide in the console') : null,
    late ? LATE : null,
  );
}

const LATE = 'The card that you clicked was out of date; it follows.';

/** Nobody writes a reason for a request that is over, or that the console decides. */
async function openReject(bot: Bot, caller: Caller, { id }: ButtonValue): Promise<Reply> {
  const facts = await approvalFacts(bot.ctx, id);
  const open = facts?.approval.state === 'pending' && facts.approveVia === 'slack';
  if (!facts || open) return openDialog(bot, caller, { dialog: 'reject', approvalId: id });
  const { state, endedBy, endedAt } = facts.approval;
  if (state === 'pending') {
    return told(
      `✗ Nothing changed: this request is decided in the console only. ${link(facts.url, 'Decide it there')}`,
    );
  }
  const by = endedBy === null ? '' : ` by ${inline(endedBy, 60)}`;
  const at = endedAt === null ? '' : `, ${instantText(endedAt)}`;
  return told(`✗ Nothing changed: ${page(bot, 'approval', id)} is over: ${APPROVAL_STATES[state]}${by}${at}.`, LATE);
}

async function cancel(bot: Bot, { actor }: Caller, { id }: ButtonValue): Promise<Reply> {
  const { status, counts } = await cancelJob.run(bot.ctx, actor, { id });
  const rest =
    counts.running > 0 ? ` ${counted(counts.running, 'host')} stop before the switch or run to the end.` : '';
  return told(`⊘ ${page(bot, 'job', id)} ${status === 'cancelled' ? 'is cancelled' : 'is being cancelled'}.${rest}`);
}

/** The wave that the card showed, and no later one: the same button may have been pressed by another. */
async function continueWave(bot: Bot, { actor }: Caller, { id, revision }: ButtonValue): Promise<Reply> {
  const shown = await jobShown.run(bot.ctx, actor, { id, revision });
  const job = await continueJob.run(bot.ctx, actor, { id, wave: shown?.wave });
  return told(`▸ ${page(bot, 'job', id)}: wave ${shown?.wave ?? job.wave} of ${job.waves} starts.`);
}

async function retry(bot: Bot, { actor }: Caller, jobId: number): Promise<Reply> {
  const { job, made } = await retryOnce(bot.ctx, actor, { id: jobId });
  const parent = page(bot, 'job', jobId);
  const hosts = job.kind === 'download' ? '' : ` on ${counted(hostTotal(job.counts), 'host')}`;
  if (made) return told(`▸ ${page(bot, 'job', job.id)} tries again${hosts} what ${parent} left.`);
  const by = inline(job.requestedBy, 60);
  return told(`✗ Nothing changed: ${by} has retried ${parent} already, ${page(bot, 'job', job.id)} is under way.`);
}

function rollBack(bot: Bot, caller: Caller, jobId: number): Promise<Reply> {
  return openDialog(bot, caller, { dialog: 'rollback', jobId, hostIds: null, includeHealthy: false });
}

async function jobOf(bot: Bot, { actor }: Caller, incidentId: number): Promise<number> {
  return (await showIncident.run(bot.ctx, actor, { id: incidentId })).incident.jobId;
}

function goOn(running: number): string {
  if (running === 0) return 'and nothing runs';
  return running === 1 ? 'the host that runs goes on to its end' : `the ${running} hosts that run go on to their end`;
}

function page({ ctx }: Bot, of: 'job' | 'approval' | 'incident', id: number): string {
  return link(`${serverUrl(ctx.config)}/${of}s/${id}`, `${of === 'approval' ? 'request' : of} ${id}`);
}

/** Lines of mrkdwn that are escaped already; nulls fall out. */
function told(...lines: readonly (string | null)[]): Reply {
  return said(lines.filter((line) => line !== null).join('\n'));
}
