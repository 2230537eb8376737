/** Holds as wall and console say them. Whether one is in force is the domain's rule. Rule: section 12. */
import type { WallBoard } from '../../server/domain/board.ts';
import { inForce, type Hold } from '../../server/domain/holds.ts';
import type { HoldView } from '../../server/domain/views.ts';

export { heldText, scopeText } from '../../server/domain/hold-words.ts';

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
export function holdsInForce(board: WallBoard, now: number): HoldView[] {
  return Object.values(board.holds)
    .filter((hold) => holdState(hold, now) === 'in_force')
    .sort((a, b) => b.createdAt - a.createdAt || b.id - a.id);
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
