import type { Button } from '@slack/types';
import { counted, instantText, listed } from '../../server/domain/wording.ts';
import { quantityText } from '../../server/domain/quantity.ts';
import type { ApprovalView } from '../../server/domain/views.ts';
import type { Message } from '../message.ts';
import { actions, button, consoleButton, lines, link, message, when } from './blocks.ts';
import { inline } from './escape.ts';
import type { ApprovalFacts } from './facts.ts';
import { glassLine } from './glass.ts';
import { overrideLine, windowLine } from './window.ts';
import { APPROVAL_STATES, dotted, jobState, jobTitle, names, placesText, plainTitle, quoted, wordOf } from './words.ts';

/** What exactly is asked for, who may agree, until when; once it is over, how and by whom, and no button. Rule: section 11. */
export function approvalCard(facts: ApprovalFacts): Message {
  const { approval, job, product, plan, url } = facts;
  const title = jobTitle(job, product);
  const state = APPROVAL_STATES[approval.state];
  const pending = approval.state === 'pending';
  return message(
    `${wordOf(state)}: ${title} on ${counted(plan.hosts, 'host')}, asked for by ${inline(approval.requester, 60)}.`,
    [
      lines(
        `*${state}*   ${title}`,
        dotted(
          `${counted(plan.hosts, 'host')} in ${placesText(plan.environments)}`,
          `asked for by ${inline(approval.requester, 60)} ${when(approval.requestedAt)}`,
          link(url, `job ${job.id}`),
        ),
        job.reason === null ? null : quoted(job.reason),
      ),
      lines(glassLine(job) ?? passedBy(approval)),
      lines(overrideLine(job), pending ? windowLine(approval) : null),
      pending ? null : lines(...endLines(facts)),
      lines(...planLines(facts)),
      pending ? lines(...changeLines(facts)) : null,
      pending ? lines(...noteLines(facts)) : null,
      pending ? lines(...whoLines(facts)) : null,
      pending ? lines(...facts.obstacles.slice(0, 5).map((text) => `△ ${inline(text, 400)}`)) : null,
      pending ? actions(...buttonsOf(facts)) : null,
    ],
  );
}

function passedBy({ brokenGlassBy }: ApprovalView): string | null {
  return brokenGlassBy === null ? null : `△ *Break-glass*: ${inline(brokenGlassBy, 60)} passed this request.`;
}

function planLines({ approval, release, plan, job }: ApprovalFacts): (string | null)[] {
  const waves =
    plan.waves.length > 1 ? `waves of ${plan.waves.slice(0, 12).join(', ')} hosts` : 'all hosts in one wave';
  const budget = quantityText(job.plan.maxFailures);
  return [
    dotted(
      `*Plan* \`${inline(approval.planHash, 20)}\``,
      `package \`sha256:${inline(release.digest.slice(0, 12), 12)}\``,
      plan.waves.length > 12 ? `${plan.waves.length} waves` : waves,
      `at most ${job.plan.maxParallel} at once`,
      budget === '0' ? 'halts at the first failure' : `${budget} may fail`,
    ),
  ];
}

function changeLines({ plan: { changes, hosts }, url }: ApprovalFacts): (string | null)[] {
  const each = changes.slice(0, 10).map(({ name, from, to, changes: does }) => {
    const what = does
      ? `${from === null ? 'nothing installed' : inline(from, 40)} → ${inline(to, 40)}`
      : `has ${inline(to, 40)} already, is skipped`;
    return `• ${inline(name, 60)}: ${what}`;
  });
  const more = hosts - each.length;
  return [...each, more > 0 ? link(url, `and ${counted(more, 'more host')}`) : null];
}

/** The first line of each; the console has them whole. Rule: section 2. */
function noteLines({ notes, url }: ApprovalFacts): (string | null)[] {
  const each = notes.slice(0, 5).map(({ version, notes: text, required }) => {
    const first = text.split('\n').find((line) => line.trim() !== '') ?? 'without notes';
    return `• ${inline(version, 60)}${required ? ' (required)' : ''}: ${inline(first, 120)}`;
  });
  const rest = notes.length - each.length;
  return [
    `*Notes* of ${counted(notes.length, 'release')} on the way`,
    ...each,
    link(url, rest > 0 ? `and ${counted(rest, 'more release')}, whole notes in the console` : 'whole notes'),
  ];
}

/** Who may, who did, how many are missing, until when. */
function whoLines({ approval, approveVia }: ApprovalFacts): (string | null)[] {
  const { required, approvedBy, roles, allowSelf, requester, expiresAt } = approval;
  const missing = required - approvedBy.length;
  const except = allowSelf ? '' : `, but not ${inline(requester, 60)}`;
  return [
    `*${counted(missing, approvedBy.length > 0 ? 'more approval' : 'approval')} needed*: from anyone who is ${listed(roles).replace(' and ', ' or ')}${except}`,
    approvedBy.length === 0 ? null : `✓ approved so far by ${names(approvedBy)}`,
    `Expires ${when(expiresAt)}`,
    approveVia === 'slack'
      ? null
      : '*Decided in the console only*, where whoever decides has signed in: chat cannot check a second factor.',
  ];
}

function endLines({ approval, decisions, job, startBy }: ApprovalFacts): (string | null)[] {
  const { state, endedBy, endedAt, endReason, approvedBy } = approval;
  const at = endedAt === null ? '' : ` ${when(endedAt)}`;
  const by = state === 'approved' ? names(approvedBy) : endedBy === null ? null : inline(endedBy, 60);
  const reason = endReason ?? decisions.findLast(({ verdict }) => ENDED_BY[verdict] === state)?.reason ?? null;
  const { startedAt } = job;
  const waits = state === 'approved' && startBy !== null && startedAt === null;
  // Nobody looks at this card again once the job runs: it says what stays true.
  const then = waits
    ? `It has to start by ${when(startBy)}.`
    : state === 'approved' && startedAt !== null
      ? `Job ${job.id} started ${when(startedAt)}.`
      : `Job ${job.id}: ${jobState(job)}`;
  return [
    `*${APPROVAL_STATES[state]}*${by === null ? '' : ` by ${by}`}${at}`,
    reason === null ? null : quoted(reason),
    then,
  ];
}

const ENDED_BY = { approve: 'approved', reject: 'rejected', cancel: 'cancelled' } as const;

function buttonsOf({ approval, approveVia, job, product, plan, url }: ApprovalFacts): (Button | null)[] {
  if (approveVia === 'web') return [consoleButton('approval', url, 'primary')];
  const consequence = `${plainTitle(job, product)} may start on ${counted(plan.hosts, 'host')}. Plan ${approval.planHash}. The request expires ${instantText(approval.expiresAt)}.`;
  return [
    button('approval.approve', approval, {
      style: 'primary',
      confirm: ['Approve exactly this plan?', consequence, 'Approve'],
    }),
    button('approval.reject', approval, { style: 'danger' }),
    button('approval.cancel', approval, {
      confirm: ['Take the request back?', `Job ${job.id} ends without having started.`, 'Cancel request'],
    }),
    consoleButton('approval', url),
  ];
}

/** Said in the card's thread while nobody decides. */
export function approvalReminder({ approval, job, product, url }: ApprovalFacts): Message {
  const missing = approval.required - approval.approvedBy.length;
  const wanted = `${counted(missing, 'approval')} still needed for the ${jobTitle(job, product)}`;
  return message(`${wanted}, until ${instantText(approval.expiresAt)}.`, [
    lines(`◷ *${wanted}*, ${link(url, `job ${job.id}`)}. The request expires ${when(approval.expiresAt)}.`),
  ]);
}
