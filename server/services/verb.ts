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
  action: Action;
  run(ctx: Context, actor: Actor, input: I): Promise<O>;
}

/** Makes a verb that asks the permission table before it runs. Rule: section 11, roles. */
export function verb<I, O>(action: Action, run: (ctx: Context, actor: Actor, input: I) => Promise<O>): Verb<I, O> {
  return {
    action,
    async run(ctx, actor, input) {
      const decision = mayDo(actor, action);
      if (!decision.allowed) {
        throw new Refusal('not_permitted', decision.refusal.sentence, { reason: decision.refusal.code });
      }
      return run(ctx, actor, input);
    },
  };
}
