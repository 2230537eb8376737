import type { Channel } from './channel.ts';
import { withRequired } from './channel-change.ts';
import type { Client } from './client.ts';
import { decideEach } from './deploy.ts';
import { checked } from './visibility.ts';

/** What marking or unmarking a release as required means to one that subscribes. Rule: section 4 (Required). */
export const REQUIRED_EFFECTS = {
  gated_now: 'may not skip it from now on',
  gated_at_next_check: 'may not skip it once its next check has told it so',
  freed_now: 'is no longer stopped by it',
  freed_at_next_check: 'is stopped by it until its next check',
  stays_gated: 'believes it required already, and goes on believing so',
  not_gated: 'is not stopped by it',
} as const;

export type RequiredEffect = keyof typeof REQUIRED_EFFECTS;

export interface RequiredImpact {
  readonly effect: RequiredEffect;
  /** The releases that it stops this client from deploying, newest first; of those it frees, what it stopped before. */
  readonly stops: readonly string[];
}

/** What it would mean to this client if `version` became required, or no longer were. Rule: section 4 (Required, Deploying). */
export function requiredImpact(channel: Channel, client: Client, version: string, required: boolean): RequiredImpact {
  const changed = withRequired(channel, version, required);
  const before = stoppedBy(channel, client, version);
  const now = stoppedBy(changed, client, version);
  const later = stoppedBy(changed, checked(changed, client), version);
  return required ? marked(before, now, later) : unmarked(before, now, later);
}

type Stopped = readonly string[];

function marked(before: Stopped, now: Stopped, later: Stopped): RequiredImpact {
  if (before.length > 0) return { effect: 'stays_gated', stops: before };
  if (now.length > 0) return { effect: 'gated_now', stops: now };
  return later.length > 0 ? { effect: 'gated_at_next_check', stops: later } : { effect: 'not_gated', stops: [] };
}

function unmarked(before: Stopped, now: Stopped, later: Stopped): RequiredImpact {
  if (before.length === 0) return { effect: 'not_gated', stops: [] };
  if (now.length === 0) return { effect: 'freed_now', stops: before };
  return later.length === 0
    ? { effect: 'freed_at_next_check', stops: before }
    : { effect: 'stays_gated', stops: later };
}

/** What the client sees and may not deploy because it believes `version` required. */
function stoppedBy(channel: Channel, client: Client, version: string): string[] {
  return decideEach(channel, client)
    .filter(({ decision }) => !decision.allowed && requiredIn(decision.refusal['required']).includes(version))
    .map(({ release }) => release.version);
}

function requiredIn(fact: unknown): readonly string[] {
  return Array.isArray(fact) ? (fact as string[]) : [];
}
