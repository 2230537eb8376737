import { mayDo, type Action, type Grant } from '../domain/permission.ts';
import { Refusal } from '../contracts/errors.ts';
import type { Context } from './context.ts';

/** Who asks: a person with a session, an API token, or Signalbox itself (clock, worker). */
export interface Actor {
  kind: 'person' | 'token' | 'system';
  id: number | null;
  /** As it stands in the log: `Ana`, `token ci`, `signalbox`. */
  name: string;
  grants: readonly Grant[];
}

/** A service verb: the only way in, whatever the surface. */
export interface Verb<I, O> {
  readonly action: Action;
  /** A property, not a method: only so does a verb that needs more than its endpoint gives fail to compile. */
  readonly run: (ctx: Context, actor: Actor, input: I) => Promise<O>;
}

/** Throws `not_permitted` unless the permission table lets the actor do this. Rule: section 11, roles. */
export function demand(actor: Actor, action: Action): void {
  const decision = mayDo(actor, action);
  if (decision.allowed) return;
  throw new Refusal('not_permitted', decision.refusal.sentence, { reason: decision.refusal.code });
}

/** Makes a verb that asks the permission table before it runs. Rule: section 11, roles. */
export function verb<I, O>(action: Action, run: (ctx: Context, actor: Actor, input: I) => Promise<O>): Verb<I, O> {
  return {
    action,
    async run(ctx, actor, input) {
      demand(actor, action);
      return run(ctx, actor, input);
    },
  };
}

/** Signalbox itself: the clock, the workers, the demo. */
export const signalboxActor: Actor = { kind: 'system', id: null, name: 'signalbox', grants: [{ role: 'admin' }] };
