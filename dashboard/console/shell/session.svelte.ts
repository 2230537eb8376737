import { createClient, ProblemError } from '../../../server/contracts/client.ts';
import type { Client } from '../../../server/contracts/client.ts';
import type { Api } from '../../../server/contracts/api.ts';
import type { OutputOf } from '../../../server/contracts/endpoint.ts';
import { mayDo } from '../../../server/domain/permission.ts';
import type { Action } from '../../../server/domain/permission.ts';

export type Me = OutputOf<Api['session.show']>;
export type SessionState = 'asking' | 'in' | 'out' | 'unreachable';

/** Who is signed in, and the one way to the server: a call that finds the session ended leads back to signing in. */
export class Session {
  state: SessionState = $state('asking');
  me: Me | null = $state.raw(null);
  /** Why the server could not be asked. */
  problem: string | null = $state.raw(null);
  readonly #client: Client = createClient();

  readonly call: Client['call'] = async (name, input, options) => {
    try {
      return await this.#client.call(name, input, options);
    } catch (error) {
      if (error instanceof ProblemError && error.problem.code === 'not_signed_in') this.leave();
      throw error;
    }
  };

  /** Asks the server who this browser is. */
  async ask(): Promise<void> {
    try {
      this.enter(await this.#client.call('session.show', {}));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.problem.status === 401) this.leave();
      else this.#unreachable(error.message);
    }
  }

  enter(me: Me): void {
    this.me = me;
    this.problem = null;
    this.state = 'in';
  }

  leave(): void {
    this.me = null;
    this.state = 'out';
  }

  async signOut(): Promise<void> {
    await this.call('session.signOut', {});
    this.leave();
  }

  /** Why this person may not do that, in the words of the permission table; null: they may. */
  refusal(action: Action): string | null {
    if (!this.me || this.me.actions.includes(action)) return null;
    const subject = { kind: this.me.kind, grants: this.me.grants };
    const decision = mayDo(subject, action);
    return decision.allowed ? null : decision.refusal.sentence;
  }

  #unreachable(problem: string): void {
    this.problem = problem;
    if (this.state === 'asking') this.state = 'unreachable';
  }
}
