import { actionsOf } from '../../domain/permission.ts';
import type { Actor } from '../verb.ts';

/** Who somebody is and what they may do, as they get to see it. */
export function meOf(actor: Actor) {
  return {
    kind: actor.kind === 'token' || actor.kind === 'display' ? ('token' as const) : ('person' as const),
    name: actor.name,
    grants: [...actor.grants],
    actions: [...actionsOf(actor)] as string[],
  };
}
