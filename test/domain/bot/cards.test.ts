import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { approvalCard, approvalReminder } from '../../../bot/cards/approval.ts';
import { glassNotice } from '../../../bot/cards/glass.ts';
import { failingHostNote, incidentCard } from '../../../bot/cards/incident.ts';
import { incidentNote, type IncidentStep } from '../../../bot/cards/incident-notes.ts';
import { jobCard } from '../../../bot/cards/job.ts';
import { jobEndNotice, jobStepNote, type JobStep } from '../../../bot/cards/job-notes.ts';
import type { Message } from '../../../bot/message.ts';
import { JOB_VERBS } from '../../../server/domain/task-transition.ts';
import type { JobStatus } from '../../../server/domain/views.ts';
import { problemOf } from '../../support/slack/check.ts';
import * as fact from './card-fixture.ts';

const { NOON, HOSTILE, counts, halted, hold, job, failingHost, incident, rollbackJob } = fact;
const { jobFacts, approvalFacts, incidentFacts } = fact;

const glass = { by: 'Root Admin', reason: 'The shop is down.', at: NOON };
const bad = [
  failingHost('eu-web-01'),
  failingHost('eu-web-02', { status: 'unreachable', step: null, restored: false, problem: null }),
];
const thousand = Array.from({ length: 10 }, (_, index) => failingHost(`eu-web-${String(index).padStart(4, '0')}`));
const hostileHost = failingHost(HOSTILE, {
  environment: HOSTILE,
  step: HOSTILE,
  problem: { code: 'x', sentence: HOSTILE.repeat(20) },
  lastLines: [HOSTILE, '<'.repeat(10_000), '`'.repeat(10_000), ''],
});
const leftOut = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const name = `eu-web-0${n + 7}`;
    return { host: name, code: 'in_maintenance' as const, sentence: `${name} is in maintenance.` };
  });
const hostileJob = {
  version: HOSTILE,
  requestedBy: HOSTILE,
  reason: HOSTILE.repeat(30),
  problem: { code: 'held', sentence: HOSTILE.repeat(30) },
  brokenGlass: { by: HOSTILE, reason: HOSTILE.repeat(30), at: NOON },
  leftOut: leftOut(1).map((one) => ({ ...one, sentence: HOSTILE.repeat(30) })),
};
const hostilePlaces = Array.from({ length: 30 }, () => HOSTILE.repeat(3));
const step = { at: NOON, by: 'Ana Ionescu' } as const;

const jobSteps: JobStep[] = [
  { ...step, kind: 'started' },
  { ...step, kind: 'wave', wave: 2, waves: 3, hosts: 9 },
  { ...step, kind: 'waiting', reason: { code: 'bake', sentence: 'Wave 1 bakes until 12:10 UTC.' } },
  { ...step, kind: 'paused' },
  { ...step, kind: 'resumed' },
  { ...step, by: 'signalbox', kind: 'resumed' },
  { ...step, kind: 'continued' },
  { ...step, kind: 'cancelling' },
  { ...step, kind: 'halted', reason: halted.problem },
  { ...step, kind: 'glass_broken', reason: glass.reason },
  { ...step, kind: 'ended' },
];
const released = hold({ releasedAt: NOON, releasedBy: 'Ana Ionescu', releaseReason: 'The disk is replaced.' });
const incidentSteps: IncidentStep[] = [
  { ...step, kind: 'opened_again' },
  { ...step, kind: 'acknowledged' },
  { ...step, kind: 'escalated', reason: 'The database is involved.' },
  { ...step, kind: 'hold_put', hold: hold() },
  { ...step, kind: 'hold_released', hold: released },
  {
    ...step,
    kind: 'recovery',
    job: rollbackJob({ status: 'running', endedAt: null, counts: counts({ running: 2 }) }),
    product: 'orders',
    url: 'https://signalbox.test/console/jobs/45',
  },
  { ...step, kind: 'recovery', job: rollbackJob(), product: 'orders', url: 'https://signalbox.test/console/jobs/45' },
  { ...step, kind: 'resolved', resolution: 'Rolled back; the migration is fixed in 4.2.2.' },
];

const MESSAGES: Record<string, Message> = {
  'job-waiting-approval': jobCard(
    jobFacts(
      {
        status: 'waiting_approval',
        startedAt: null,
        wave: 0,
        problem: { code: 'waiting_approval', sentence: 'The plan does not start: it waits for approval.' },
        counts: counts({ pending: 40 }),
      },
      { approval: fact.approval({ approvedBy: ['Bo Lind'] }) },
    ),
  ),
  'job-running': jobCard(
    jobFacts(
      {},
      {
        running: [
          { name: 'eu-web-11', step: 'fetch' },
          { name: 'eu-web-12', step: null },
        ],
        etaAt: NOON + 1_800_000,
      },
    ),
  ),
  'job-running-throttled': jobCard(jobFacts({}, { throttledAt: NOON + 202_000 })),
  'job-held': jobCard(
    jobFacts({
      status: 'waiting',
      problem: {
        code: 'held',
        sentence:
          'Stopped by hold "Q3 close" (Ana Ionescu), until 2026-11-25 18:00 UTC. Ask Ana Ionescu to release it.',
      },
    }),
  ),
  'job-manual-wave': jobCard(
    jobFacts({ status: 'waiting', problem: { code: 'manual_wave', sentence: 'Wave 3 waits for Continue.' } }),
  ),
  'job-paused': jobCard(
    jobFacts({
      status: 'paused',
      problem: { code: 'paused', sentence: 'Paused by Ana Ionescu: nothing new starts until somebody resumes it.' },
    }),
  ),
  'job-cancelling': jobCard(jobFacts({ status: 'cancelling' })),
  'job-halted-running': jobCard(
    jobFacts(
      { problem: halted.problem, counts: counts({ running: 2, succeeded: 12, failed: 2, not_started: 24 }) },
      { failing: bad, failingTotal: 2, canRollBack: true },
    ),
  ),
  'job-failed': jobCard(
    jobFacts(halted, {
      failing: bad,
      failingTotal: 2,
      canRollBack: true,
      canRetry: true,
      approval: fact.approval({ state: 'approved', approvedBy: ['Bo Lind', 'Cy Moreau'] }),
      incident: incident({ slackUrl: 'https://example.slack.com/archives/C1/p1' }),
    }),
  ),
  'job-succeeded': jobCard(
    jobFacts({ status: 'succeeded', endedAt: NOON + 900_000, counts: counts({ succeeded: 38, skipped: 2 }) }),
  ),
  'job-cancelled': jobCard(
    jobFacts({ status: 'cancelled', endedAt: NOON + 900_000, counts: counts({ succeeded: 12, cancelled: 28 }) }),
  ),
  'job-left-out': jobCard(jobFacts({ leftOut: leftOut(5) })),
  'job-break-glass': jobCard(jobFacts({ brokenGlass: glass })),
  'job-rollback': jobCard(jobFacts(rollbackJob())),
  'job-download': jobCard(
    jobFacts(
      { kind: 'download', counts: counts({}), waves: 0, wave: 0, reason: null },
      { environments: [], release: { ...jobFacts().release, received: 20_000_000 } },
    ),
  ),
  'job-thousand-failed': jobCard(
    jobFacts(
      { ...halted, counts: counts({ failed: 1_000 }) },
      { failing: thousand, failingTotal: 1_000, canRetry: true, canRollBack: true },
    ),
  ),
  'job-hostile': jobCard(
    jobFacts(
      { ...hostileJob, status: 'waiting' },
      {
        product: HOSTILE.repeat(9),
        environments: hostilePlaces,
        failing: Array(10).fill(hostileHost) as [],
        failingTotal: 10,
      },
    ),
  ),
  'approval-pending': approvalCard(approvalFacts()),
  'approval-half': approvalCard(
    approvalFacts(
      { approvedBy: ['Bo Lind'] },
      { obstacles: ['Stopped by hold "Q3 close" (Ana Ionescu), until 2026-11-25 18:00 UTC.'] },
    ),
  ),
  'approval-one-host': approvalCard(
    approvalFacts(
      { required: 1, allowSelf: true, roles: ['operator'] },
      {
        plan: {
          hosts: 1,
          waves: [1],
          environments: ['eu-prod'],
          changes: [{ name: 'eu-web-01', from: '4.2.0', to: '4.2.1', changes: true }],
        },
      },
    ),
  ),
  'approval-window': approvalCard(
    approvalFacts(
      { window: { from: NOON + 3_600_000, until: NOON + 10_800_000 } },
      { obstacles: ['plant is outside of its maintenance windows: the next one opens 2026-11-20 13:00 UTC.'] },
    ),
  ),
  'approval-override': approvalCard(
    approvalFacts({ windowOverride: 'line 1 is <down>' }, {}, { windowOverride: 'line 1 is <down>' }),
  ),
  'approval-web': approvalCard(approvalFacts({}, { approveVia: 'web' })),
  'approval-approved': approvalCard(
    approvalFacts(
      { state: 'approved', approvedBy: ['Bo Lind', 'Cy Moreau'], endedBy: 'Cy Moreau', endedAt: NOON + 60_000 },
      { startBy: NOON + 3_660_000 },
      { status: 'queued' },
    ),
  ),
  'approval-running': approvalCard(
    approvalFacts(
      { state: 'approved', approvedBy: ['Bo Lind', 'Cy Moreau'], endedBy: 'Cy Moreau', endedAt: NOON + 60_000 },
      { startBy: null },
      { status: 'running', startedAt: NOON + 61_000 },
    ),
  ),
  'approval-rejected': approvalCard(
    approvalFacts(
      { state: 'rejected', endedBy: 'Bo Lind', endedAt: NOON + 60_000 },
      {
        decisions: [
          { by: 'Bo Lind', verdict: 'reject', reason: 'Not before the close of the quarter.', at: NOON + 60_000 },
        ],
      },
      { status: 'cancelled' },
    ),
  ),
  'approval-taken-back': approvalCard(
    approvalFacts({ state: 'cancelled', endedBy: 'Ana Ionescu', endedAt: NOON + 60_000 }, {}, { status: 'cancelled' }),
  ),
  'approval-expired': approvalCard(
    approvalFacts({ state: 'expired', endedAt: NOON + 28_800_000 }, {}, { status: 'cancelled' }),
  ),
  'approval-superseded': approvalCard(
    approvalFacts(
      { state: 'superseded', endedAt: NOON + 60_000, endReason: 'The plan has changed: eu-web-03 was added.' },
      {},
      { status: 'cancelled' },
    ),
  ),
  'approval-break-glass': approvalCard(approvalFacts({ brokenGlassBy: 'Root Admin' }, {}, { brokenGlass: glass })),
  'approval-hostile': approvalCard(
    approvalFacts(
      { requester: HOSTILE, planHash: HOSTILE, approvedBy: Array(20).fill(HOSTILE) as string[], required: 21 },
      {
        product: HOSTILE,
        obstacles: Array(20).fill(HOSTILE.repeat(30)) as string[],
        plan: {
          hosts: 9_000,
          waves: Array(500).fill(18) as number[],
          environments: hostilePlaces,
          changes: Array(10).fill({ name: HOSTILE, from: HOSTILE, to: HOSTILE, changes: true }) as [],
        },
        notes: Array(30).fill({ version: HOSTILE, notes: HOSTILE.repeat(30), required: true }) as [],
      },
      hostileJob,
    ),
  ),
  'approval-reminder': approvalReminder(approvalFacts({ approvedBy: ['Bo Lind'] })),
  'incident-open': incidentCard(incidentFacts()),
  'incident-acknowledged': incidentCard(
    incidentFacts(
      {
        status: 'acknowledged',
        owner: 'Bo Lind',
        acknowledgedBy: 'Bo Lind',
        acknowledgedAt: NOON + 600_000,
        escalatedAt: NOON + 700_000,
        escalatedBy: 'Bo Lind',
      },
      {
        recovery: [rollbackJob({ status: 'running', endedAt: null, counts: counts({ running: 2 }) })],
        holds: [hold()],
        canRollBack: false,
        canRetry: false,
      },
    ),
  ),
  'incident-resolved': incidentCard(
    incidentFacts(
      {
        status: 'resolved',
        owner: 'Bo Lind',
        acknowledgedBy: 'Bo Lind',
        acknowledgedAt: NOON + 600_000,
        resolvedAt: NOON + 1_200_000,
        resolvedBy: 'Bo Lind',
        resolution: 'Rolled back; the migration is fixed in 4.2.2.',
      },
      { recovery: [rollbackJob()], holds: [hold({ bar: { version: '4.2.1', liftOnNewer: false } })] },
    ),
  ),
  'incident-thousand-failed': incidentCard(incidentFacts({}, { failing: thousand, failingTotal: 1_000 })),
  'incident-hostile': incidentCard(
    incidentFacts(
      { cause: { code: 'x', sentence: HOSTILE.repeat(30) }, owner: HOSTILE, escalatedAt: NOON, escalatedBy: HOSTILE },
      {
        product: HOSTILE,
        environments: hostilePlaces,
        job: job({ ...halted, ...hostileJob }),
        failing: Array(10).fill(hostileHost) as [],
        failingTotal: 1_000,
        recovery: Array(20).fill(rollbackJob({ version: HOSTILE })) as [],
        holds: Array(20).fill(hold({ reason: HOSTILE.repeat(30), owner: HOSTILE, scope: { host: HOSTILE } })) as [],
      },
    ),
  ),
  'host-failed': failingHostNote(failingHost('eu-web-01')),
  'host-silent': failingHostNote({ ...(bad[1] as (typeof bad)[0]), lastLines: [], startedAt: null }),
  'host-hostile': failingHostNote(hostileHost),
  'glass-notice': glassNotice({
    job: job(),
    product: 'orders',
    environments: ['eu-prod', 'us-prod'],
    hosts: 40,
    ...glass,
    planHash: '3f9a2b1c04de',
    url: 'https://signalbox.test/console/jobs/42',
  }),
  'job-end-failed': jobEndNotice(jobFacts(halted, { failing: bad, failingTotal: 2 })),
  'job-end-succeeded': jobEndNotice(
    jobFacts({ status: 'succeeded', endedAt: NOON, counts: counts({ succeeded: 40 }) }),
  ),
  ...Object.fromEntries(
    jobSteps.map((one, index) => [
      `step-${index}-${one.kind}`,
      jobStepNote(jobFacts(one.kind === 'ended' ? halted : {}), one),
    ]),
  ),
  ...Object.fromEntries(
    incidentSteps.map((one, index) => [
      `incident-step-${index}-${one.kind}`,
      incidentNote(incident({ owner: 'Bo Lind' }), one),
    ]),
  ),
};

/** The texts in which Slack looks for mentions and links; in plain and in rich text it does not. */
function mrkdwnOf(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { type, text } = part as { type?: unknown; text?: unknown };
  return type === 'mrkdwn' ? [String(text)] : Object.values(part).flatMap(mrkdwnOf);
}

const golden = new URL('../../bot/golden/', import.meta.url).pathname;

describe('every message', () => {
  test.each(Object.entries(MESSAGES))('%s: Slack takes it, and it reads as agreed', async (name, message) => {
    expect(problemOf('message', message)).toBeNull();
    // Written anew by vitest -u; look at each change.
    await expect(`${JSON.stringify(message, null, 2)}\n`).toMatchFileSnapshot(`${golden}${name}.json`);
  });

  test('has a golden file, and no golden file is left over', () => {
    expect(readdirSync(golden).sort()).toEqual(
      Object.keys(MESSAGES)
        .map((name) => `${name}.json`)
        .sort(),
    );
  });

  test('mentions nobody, but for the one that escalates', () => {
    for (const [name, message] of Object.entries(MESSAGES)) {
      const parsed = [message.text, ...mrkdwnOf(message.blocks)].join('\n');
      const mentions = (parsed.match(/<[!@#][^|^>]*/gu) ?? []).filter((one) => one !== '<!date');
      const links = (parsed.match(/<[^!][^|>]*/gu) ?? []).filter(
        (one) => !/^<https:\/\/(signalbox\.test|example\.slack\.com)\//u.test(one),
      );
      expect({ name, mentions, links }).toEqual({
        name,
        mentions: name.endsWith('escalated') ? ['<!here'] : [],
        links: [],
      });
    }
  });

  test('is the same to the byte for the same facts', () => {
    expect(jobCard(jobFacts())).toEqual(jobCard(jobFacts()));
  });
});

describe('buttons', () => {
  const buttons = (message: Message) =>
    message.blocks.flatMap((block) => {
      if (block.type === 'section')
        return block.accessory && 'action_id' in block.accessory ? [block.accessory.action_id ?? ''] : [];
      return block.type === 'actions'
        ? block.elements.flatMap((one) => ('action_id' in one ? [one.action_id ?? ''] : []))
        : [];
    });

  test('a job offers what its state allows and nothing else', () => {
    for (const [status, verbs] of Object.entries(JOB_VERBS)) {
      const card = jobCard(
        jobFacts(
          { status: status as JobStatus, problem: { code: 'manual_wave', sentence: 'Waits.' } },
          { canRetry: true },
        ),
      );
      const offered = buttons(card).filter((id) => id.startsWith('job.') && id !== 'job.evidence');
      expect(offered.map((id) => id.slice('job.'.length)).sort()).toEqual([...verbs].sort());
    }
  });

  test('an approval that has ended, and one that the console decides, can only be looked at', () => {
    for (const [name, message] of Object.entries(MESSAGES)) {
      if (!name.startsWith('approval-')) continue;
      const pending = /pending|half|one-host|hostile|break-glass|window|override/u.test(name);
      const decided = buttons(message).filter((id) => id.startsWith('approval.'));
      expect([name, decided.length]).toEqual([name, pending ? 3 : 0]);
    }
  });

  test('of an incident that is resolved only its holds can be released', () => {
    expect(buttons(MESSAGES['incident-resolved'] as Message)).toEqual(['hold.release', 'link.incident']);
    expect(buttons(MESSAGES['incident-acknowledged'] as Message)).toEqual([
      'hold.release',
      'incident.hold',
      'incident.escalate',
      'incident.resolve',
      'link.incident',
    ]);
  });
});
