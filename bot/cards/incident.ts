import type { Button, SectionBlock } from '@slack/types';
import { heldText } from '../../server/domain/hold-words.ts';
import { INCIDENT_VERBS, type IncidentVerb } from '../../server/domain/incident.ts';
import type { HoldView, JobView } from '../../server/domain/views.ts';
import type { Message } from '../message.ts';
import { actions, button, consoleButton, lines, link, logBlock, message, section, when } from './blocks.ts';
import { inline, plain } from './escape.ts';
import type { FailingHost, IncidentFacts } from './facts.ts';
import { glassLine } from './glass.ts';
import { overrideLine } from './window.ts';
import { retryConfirm } from './job.ts';
import {
  dotted,
  failingLines,
  hostTotal,
  hostTrouble,
  INCIDENT_STATES,
  jobState,
  jobTitle,
  names,
  placesText,
  quoted,
  wordOf,
} from './words.ts';

/** The first message of an incident's thread: what is broken, who has it, and the ways out. Hosts and logs stand in the thread. */
export function incidentCard(facts: IncidentFacts): Message {
  const { incident, job, product, environments, approval, url, jobUrl, jobCardUrl } = facts;
  const title = jobTitle(job, product);
  const approved = approval?.approvedBy ?? [];
  const open = incident.status !== 'resolved';
  return message(
    `Incident ${incident.id}, ${wordOf(INCIDENT_STATES[incident.status])}: ${inline(incident.cause.sentence, 500)}`,
    [
      lines(
        `*Incident ${incident.id}*   ${INCIDENT_STATES[incident.status]}`,
        inline(incident.cause.sentence, 600),
        dotted(
          link(jobUrl, `job ${job.id}`),
          jobCardUrl && link(jobCardUrl, 'its card'),
          title,
          placesText(environments),
          `opened ${when(incident.openedAt)}`,
        ),
        dotted(
          `asked for by ${inline(job.requestedBy, 60)}`,
          approved.length === 0 ? 'no approval was needed' : `approved by ${names(approved)}`,
        ),
      ),
      lines(glassLine(job), overrideLine(job)),
      lines(...stateLines(facts)),
      lines(failingLines(facts.failing, facts.failingTotal, jobUrl)),
      lines(...facts.recovery.slice(-5).map((one) => recoveryLine(one, product))),
      ...facts.holds.slice(0, 3).map(holdBlock),
      actions(...(open ? buttonsOf(facts) : []), consoleButton('incident', url)),
    ],
  );
}

function stateLines({ incident }: IncidentFacts): (string | null)[] {
  const { owner, acknowledgedAt, escalatedAt, escalatedBy, resolvedAt, resolvedBy, resolution } = incident;
  const taken = acknowledgedAt !== null && incident.status !== 'open';
  return [
    taken ? `◐ ${inline(owner ?? '', 60)} has it since ${when(acknowledgedAt)}` : null,
    escalatedAt === null ? null : `△ escalated by ${inline(escalatedBy ?? '', 60)} ${when(escalatedAt)}`,
    resolvedAt === null ? null : `✓ resolved by ${inline(resolvedBy ?? '', 60)} ${when(resolvedAt)}`,
    resolution === null ? null : quoted(resolution),
  ];
}

export function recoveryLine(job: JobView, product: string): string {
  const done = job.counts.succeeded + job.counts.skipped;
  return `↩ ${jobTitle(job, product)} (job ${job.id}): ${jobState(job)}, ${done} of ${hostTotal(job.counts)} hosts`;
}

function holdBlock(hold: HoldView): SectionBlock {
  const until = hold.expiresAt === null ? '' : `, until ${when(hold.expiresAt)}`;
  const text = `‖ Held: ${inline(heldText(hold), 200)} (${inline(hold.owner, 60)}${until}): ${inline(hold.reason, 300)}`;
  const confirm = [
    'Release the hold?',
    `What it stops goes on by itself: ${plain(heldText(hold), 150)}.`,
    'Release',
  ] as const;
  return section(text, button('hold.release', hold, { confirm }));
}

function buttonsOf({ incident, job, canRollBack, canRetry }: IncidentFacts): (Button | null)[] {
  const takes = (verb: IncidentVerb) => (INCIDENT_VERBS[incident.status] as readonly IncidentVerb[]).includes(verb);
  const bring = ['Call others?', 'Everybody who is in this channel now is told.', 'Escalate'] as const;
  return [
    takes('acknowledge') ? button('incident.acknowledge', incident, { style: 'primary' }) : null,
    canRollBack ? button('incident.rollback', incident, { style: 'danger' }) : null,
    canRetry ? button('incident.retry', incident, { confirm: retryConfirm(job) }) : null,
    button('incident.hold', incident),
    takes('escalate') ? button('incident.escalate', incident, { confirm: bring }) : null,
    takes('resolve') ? button('incident.resolve', incident) : null,
  ];
}

/** One failing host in the incident's thread: where, which step, how it exited, when, and what it wrote last, up to so many characters. */
export function failingHostNote(host: FailingHost, logCharacters?: number): Message {
  const times = dotted(
    host.startedAt === null ? null : `started ${when(host.startedAt)}`,
    host.endedAt === null ? null : `ended ${when(host.endedAt)}`,
  );
  return message(`${inline(host.name, 60)} (${inline(host.environment, 60)}): ${hostTrouble(host, 300)}`, [
    lines(
      `✗ *${link(host.url, inline(host.name, 60))}* (${inline(host.environment, 60)})`,
      hostTrouble(host, 600),
      times,
    ),
    logBlock('Last lines of its log', host.lastLines, logCharacters),
  ]);
}
