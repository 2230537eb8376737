import type { ApprovalState } from '../../server/domain/approval.ts';
import { jobCondition, type JobCondition } from '../../server/domain/job-condition.ts';
import type { FailingHost } from './facts.ts';
import type { IncidentStatus, JobKind, JobView, TaskCounts, TaskStatus } from '../../server/domain/views.ts';
import { counted, listed } from '../../server/domain/wording.ts';
import { inline, plain } from './escape.ts';
import { link } from './blocks.ts';

/** States by symbol and word, never by colour. Symbols that Slack would turn into coloured pictures are not among them. */
export const JOB_STATES = {
  held: '‖ Held',
  halting: '✗ Halted, hosts still running',
  waiting_approval: '◷ Waits for approval',
  queued: '◷ Queued',
  running: '▸ Running',
  waiting: '◷ Waits',
  paused: '‖ Paused',
  cancelling: '⊘ Being cancelled',
  succeeded: '✓ Succeeded',
  cancelled: '⊘ Cancelled',
  failed: '✗ Failed',
} as const satisfies Record<JobCondition, string>;

export const APPROVAL_STATES = {
  pending: '◷ Approval wanted',
  approved: '✓ Approved',
  rejected: '✗ Rejected',
  cancelled: '⊘ Taken back',
  expired: '⊘ Expired',
  superseded: '⊘ No longer valid',
} as const satisfies Record<ApprovalState, string>;

export const INCIDENT_STATES = {
  open: '✗ Open',
  acknowledged: '◐ Acknowledged',
  resolved: '✓ Resolved',
} as const satisfies Record<IncidentStatus, string>;

/** The job's state as its card heads it: what a hold stops, and what has halted while hosts still run, says so. */
export function jobState(job: Pick<JobView, 'status' | 'problem'>): string {
  return JOB_STATES[jobCondition(job)];
}

/** The state without its symbol, for notifications and screen readers. */
export function wordOf(state: string): string {
  return state.slice(state.indexOf(' ') + 1);
}

const TITLES = {
  download: (product, version) => `Download of ${product} ${version}`,
  install: (product, version) => `Install of ${product} ${version}`,
  rollback: (product, version) => `Rollback of ${product} to ${version}`,
  'roll-off': (product, version) => `Roll-off of ${product} to ${version}`,
} as const satisfies Record<JobKind, (product: string, version: string) => string>;

/** `Install of orders 4.2.1`, escaped. */
export function jobTitle({ kind, version }: Pick<JobView, 'kind' | 'version'>, product: string): string {
  return TITLES[kind](inline(product, 80), inline(version, 80));
}

/** The same for plain_text, where nothing is escaped. */
export function plainTitle({ kind, version }: Pick<JobView, 'kind' | 'version'>, product: string): string {
  return TITLES[kind](plain(product, 80), plain(version, 80));
}

export function hostTotal(counts: TaskCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** `eu-prod and us-prod`, escaped; of many the first few. */
export function placesText(environments: readonly string[]): string {
  const shown = environments.slice(0, 4).map((name) => inline(name, 60));
  const more = environments.length - shown.length;
  return listed(more > 0 ? [...shown, `${more} more`] : shown);
}

/** `eu-prod · 40 hosts`; a download has neither. */
export function scopeText(environments: readonly string[], hosts: number): string | null {
  return environments.length === 0 ? null : `${placesText(environments)} · ${counted(hosts, 'host')}`;
}

/** Parts of one line; nulls fall out. */
export function dotted(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(' · ');
}

export function quoted(text: string, max = 500): string {
  return `> ${inline(text, max)}`;
}

const HOST_STATES: Partial<Record<TaskStatus, string>> = { unreachable: 'could not be reached' };

/** The host's trouble in one line: its own words (`post-install: the hook failed (exit code 3)`), else step and sentence. Escaped. */
export function hostTrouble({ status, step, problem, restored }: FailingHost, max = 160): string {
  const cause = problem?.['cause'];
  const state = HOST_STATES[status] ?? 'failed';
  const what = step === null ? state : `${inline(step, 40)} ${state}`;
  const why = problem === null ? what : `${what}: ${inline(problem.sentence, max)}`;
  return `${typeof cause === 'string' ? inline(cause, max) : why}${restored ? ', back on what it ran before' : ''}`;
}

const NAMED = 5;

/** Failing hosts by name, the first few with what went wrong; null: there is none. */
export function failingLines(failing: readonly FailingHost[], total: number, url: string): string | null {
  if (total === 0) return null;
  const shown = failing.slice(0, NAMED);
  const each = shown.map((host) => {
    const name = link(host.url, inline(host.name, 60));
    return `✗ ${name} (${inline(host.environment, 40)}): ${hostTrouble(host)}`;
  });
  const more = total - shown.length;
  return [...each, ...(more > 0 ? [link(url, `and ${counted(more, 'more failing host')}`)] : [])].join('\n');
}

const LEFT_OUT = 3;

/** `△ Left out: line-2 is in maintenance. line-3 is retired.`, escaped; of many the first few. Null: nobody is. */
export function leftOutLine({ leftOut = [] }: Pick<JobView, 'leftOut'>): string | null {
  if (leftOut.length === 0) return null;
  const shown = leftOut.slice(0, LEFT_OUT).map(({ sentence }) => inline(sentence, 200));
  const more = leftOut.length - shown.length;
  return `△ Left out: ${[...shown, ...(more > 0 ? [`And ${counted(more, 'more host')}.`] : [])].join(' ')}`;
}

/** The sentence of a job's problem, or null; escaped. */
export function problemText({ problem }: Pick<JobView, 'problem'>): string | null {
  return problem && inline(problem.sentence, 500);
}

/** `Bo, Cy and 3 more`, escaped. */
export function names(people: readonly string[]): string {
  const shown = people.slice(0, 5).map((name) => inline(name, 60));
  const more = people.length - shown.length;
  return listed(more > 0 ? [...shown, `${more} more`] : shown);
}
