/** Holds as wall and console say them. Whether one is in force is the domain's rule. Rule: section 12. */
import type { Board } from '../../server/domain/board.ts';
import { inForce, type Hold, type HoldScope } from '../../server/domain/holds.ts';
import type { HoldView } from '../../server/domain/views.ts';

export type HoldState = 'in_force' | 'starts_later' | 'expired' | 'released';

/** The hold as the domain's rules take it, with its view still at hand. */
export function asHold(view: HoldView): Hold & { readonly view: HoldView } {
  return {
    id: String(view.id),
    scope: view.scope,
    reason: view.reason,
    owner: view.owner,
    from: view.startsAt,
    until: view.expiresAt,
    releasedAt: view.releasedAt,
    strict: view.strict,
    bar: view.bar && { release: { version: view.bar.version, sequence: null }, liftOnNewer: view.bar.liftOnNewer },
    view,
  };
}

/** `now`: epoch milliseconds. */
export function holdState(hold: HoldView, now: number): HoldState {
  if (hold.releasedAt !== null) return 'released';
  if (inForce(asHold(hold), now)) return 'in_force';
  return hold.expiresAt !== null && hold.expiresAt <= now ? 'expired' : 'starts_later';
}

/** The holds that stop something now, newest first. */
export function holdsInForce(board: Board, now: number): HoldView[] {
  return Object.values(board.holds)
    .filter((hold) => holdState(hold, now) === 'in_force')
    .sort((a, b) => b.createdAt - a.createdAt || b.id - a.id);
}

/** `everything`, `karios`, `karios on stable in eu-prod`, `environment eu-prod`, `host web-01`. */
export function scopeText({ product, channel, environment, host }: HoldScope): string {
  const parts = [product, channel, environment, host].filter((part) => part !== undefined);
  if (parts.length === 0) return 'everything';
  if (parts.length === 1) {
    if (channel !== undefined) return `channel ${channel}`;
    if (environment !== undefined) return `environment ${environment}`;
    return host === undefined ? (product ?? '') : `host ${host}`;
  }
  const on = channel === undefined ? '' : ` on ${channel}`;
  const within = environment === undefined ? '' : ` in ${environment}`;
  const at = host === undefined ? '' : ` on host ${host}`;
  return `${product ?? 'everything'}${on}${within}${at}`;
}

/** What it bars, where a rollback left it: `karios 4.2.1 on host web-01`; else its scope. */
export function heldText(hold: HoldView): string {
  const { bar, scope } = hold;
  if (!bar) return scopeText(scope);
  const { product = 'release', ...rest } = scope;
  const where = Object.values(rest).some((part) => part !== undefined) ? ` on ${scopeText(rest)}` : '';
  return `${product} ${bar.version}${where.replace('on environment', 'in').replace('on everything', 'everywhere')}`;
}

/** Whether the hold reaches this; a part of the target that is left out is reached by any. */
export function reaches(
  { scope }: Pick<HoldView, 'scope'>,
  target: { product?: string; channels?: readonly string[]; environment?: string; host?: string },
): boolean {
  const meets = (wanted: string | undefined, has: string | undefined) =>
    wanted === undefined || has === undefined || wanted === has;
  return (
    meets(scope.product, target.product) &&
    meets(scope.environment, target.environment) &&
    meets(scope.host, target.host) &&
    (scope.channel === undefined || target.channels === undefined || target.channels.includes(scope.channel))
  );
}
