import { mayDo, mayDoSomewhere, type Action, type Grant, type Target } from '../domain/permission.ts';
import { Refusal } from '../contracts/errors.ts';
import type { Context } from './context.ts';

/** Who asks: a person with a session, an API token, a screen on a wall, or Signalbox itself (clock, worker). */
export interface Actor {
  kind: 'person' | 'token' | 'display' | 'system';
  id: number | null;
  /** As it stands in the log: `Ana`, `token ci`, `signalbox`. */
  name: string;
  grants: readonly Grant[];
}

/** A service verb: the only way in, whatever the surface. */
export interface Verb<I, O> {
  readonly action: Action;
  /** Throws unless the actor may do this at all: asked before the input is read. */
  readonly admit: (actor: Actor) => void;
  /** A property, not a method: only so does a verb that needs more than its endpoint gives fail to compile. */
  readonly run: (ctx: Context, actor: Actor, input: I) => Promise<O>;
}

/** What an input is about: every product and environment that it touches. None, when it names nothing that exists. */
export type TargetsOf<I> = (ctx: Context, input: I) => Promise<readonly Target[]>;

/** Throws `not_permitted` unless the permission table lets the actor do this. Rule: section 11, roles. */
export function demand(actor: Actor, action: Action, target?: Target): void {
  const decision = mayDo(actor, action, target);
  if (decision.allowed) return;
  throw new Refusal('not_permitted', decision.refusal.sentence, { reason: decision.refusal.code });
}

/**
 * Makes a verb that asks the permission table before it runs. With `targetsOf`, grants for a product or an environment
 * count for what they reach, and every single target has to be reached; without, only grants for all of the fleet do.
 * Rule: section 11, roles.
 */
export function verb<I, O>(
  action: Action,
  run: (ctx: Context, actor: Actor, input: I) => Promise<O>,
  targetsOf?: TargetsOf<I>,
): Verb<I, O> {
  const admit = (actor: Actor) => {
    if (!targetsOf || !mayDoSomewhere(actor, action)) demand(actor, action);
  };
  return {
    action,
    admit,
    async run(ctx, actor, input) {
      admit(actor);
      if (targetsOf && !mayDo(actor, action).allowed) {
        for (const target of await targetsOf(ctx, input)) demand(actor, action, target);
      }
      return run(ctx, actor, input);
    },
  };
}

/** Signalbox itself: the clock, the workers, the demo. */
export const signalboxActor: Actor = { kind: 'system', id: null, name: 'signalbox', grants: [{ role: 'admin' }] };
