import { allowed, refused, type Decision, type Reason } from './reason.ts';
import { isNewer, type Position, type Versioning } from './versions.ts';
import { instantText, listed } from './wording.ts';

/** Where a hold is in force: every part that is named has to match, no part is everything. Rule: section 12. */
export interface HoldScope {
  readonly product?: string | undefined;
  readonly channel?: string | undefined;
  readonly environment?: string | undefined;
  readonly host?: string | undefined;
}

/** What a rollback leaves behind: it bars one release, and automatic installs of its product. Rule: section 9. */
export interface Bar {
  readonly release: Position;
  /** Automation may go on once there is something newer than the barred release. */
  readonly liftOnNewer: boolean;
}

/** Instants in epoch milliseconds; null: from the beginning, without an end, not released. */
export interface Hold {
  readonly id: string;
  readonly scope: HoldScope;
  readonly reason: string;
  readonly owner: string;
  readonly from: number | null;
  readonly until: number | null;
  readonly releasedAt: number | null;
  /** Stops a rollback or roll-off that a person started, too. */
  readonly strict: boolean;
  readonly bar?: Bar | null | undefined;
}

export type HoldProblemCode = 'reason_missing' | 'owner_missing' | 'never_in_force';

/** Why a hold cannot be put, or null when it can: somebody has to answer for it. Rule: section 12. */
export function holdProblem({
  reason,
  owner,
  from,
  until,
}: Pick<Hold, 'reason' | 'owner' | 'from' | 'until'>): Reason<HoldProblemCode> | null {
  if (reason.trim() === '') return { code: 'reason_missing', sentence: 'Hold refused: it has no reason. State one.' };
  if (owner.trim() === '') return { code: 'owner_missing', sentence: 'Hold refused: it has no owner. Name one.' };
  if (until === null || from === null || from < until) return null;
  return { code: 'never_in_force', sentence: 'Hold refused: it ends before it starts. Choose a later end.' };
}

export type WorkKind = 'promotion' | 'install' | 'download' | 'rollback' | 'roll_off';

/** What wants to start. */
export interface Work {
  readonly kind: WorkKind;
  readonly startedBy: 'person' | 'automation';
  readonly versioning: Versioning;
  readonly product: string;
  /** Of a promotion: source and target. Of a task: the channel its environment follows. */
  readonly channels: readonly string[];
  /** Absent for a promotion. */
  readonly environment?: string | undefined;
  readonly host?: string | undefined;
  readonly release: Position;
}

/** Which holds stop what. Rule: sections 9 and 12. */
const STOPPED_BY = {
  promotion: { person: 'any', automation: 'any' },
  install: { person: 'any', automation: 'any' },
  download: { person: 'none', automation: 'none' },
  rollback: { person: 'strict', automation: 'any' },
  roll_off: { person: 'strict', automation: 'any' },
} as const satisfies Record<WorkKind, Record<Work['startedBy'], 'any' | 'strict' | 'none'>>;

/** Whether the work may start, and otherwise which holds stop it, whose, why, until when. Deny beats allow. Rule: section 12. */
export function decideHolds(holds: readonly Hold[], work: Work, now: number): Decision<'held'> {
  const blocking = blockingHolds(holds, work, now);
  if (blocking.length === 0) return allowed();
  const owners = [...new Set(blocking.map(({ owner }) => owner))];
  const next = `Ask ${listed(owners)} to release ${blocking.length === 1 ? 'it' : 'them'}, or an admin for break-glass.`;
  const sentence = `Stopped by ${blocking.map(describe).join('; ')}. ${next}`;
  return refused('held', sentence, { until: endOfAll(blocking), holds: blocking.map(({ id }) => id), owners });
}

/** The holds that stop the work at `now`, in the order given. Rule: section 12. */
export function blockingHolds<Given extends Hold>(holds: readonly Given[], work: Work, now: number): Given[] {
  return holds.filter((hold) => inForce(hold, now) && covers(hold.scope, work) && stops(hold, work));
}

/** From its start on, until its expiry, that instant excluded. Rule: section 12. */
export function inForce(
  { from, until, releasedAt }: Pick<Hold, 'from' | 'until' | 'releasedAt'>,
  now: number,
): boolean {
  return releasedAt === null && (from === null || from <= now) && (until === null || now < until);
}

/** The next instant at which time alone puts one of them in force or ends it; null: none. Rule: section 12. */
export function holdsChangeAt(
  holds: readonly Pick<Hold, 'from' | 'until' | 'releasedAt'>[],
  now: number,
): number | null {
  const instants = holds
    .filter(({ releasedAt }) => releasedAt === null)
    .flatMap(({ from, until }) => [from, until])
    .filter((at) => at !== null && at > now) as number[];
  return instants.length === 0 ? null : Math.min(...instants);
}

function covers(scope: HoldScope, work: Work): boolean {
  return (
    (scope.product === undefined || scope.product === work.product) &&
    (scope.channel === undefined || work.channels.includes(scope.channel)) &&
    (scope.environment === undefined || scope.environment === work.environment) &&
    (scope.host === undefined || scope.host === work.host)
  );
}

function stops({ strict, bar }: Hold, work: Work): boolean {
  const needed = STOPPED_BY[work.kind][work.startedBy];
  if (needed === 'none' || (needed === 'strict' && !strict)) return false;
  return bar ? bars(bar, work) : true;
}

function bars({ release, liftOnNewer }: Bar, { startedBy, versioning, release: wanted }: Work): boolean {
  if (wanted.version === release.version) return true;
  return startedBy === 'automation' && !(liftOnNewer && isNewer(versioning, wanted, release));
}

function describe({ id, reason, owner, until }: Hold): string {
  return `hold ${id} "${reason}" (${owner}) ${until === null ? 'until it is released' : `until ${instantText(until)}`}`;
}

/** Epoch milliseconds at which the last of them expires; undefined when one never does. */
function endOfAll(holds: readonly Hold[]): number | undefined {
  const ends = holds.map(({ until }) => until ?? Infinity);
  const last = Math.max(...ends);
  return last === Infinity ? undefined : last;
}
