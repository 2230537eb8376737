import { ProblemError } from '../../../server/contracts/client.ts';
import type { Api } from '../../../server/contracts/api.ts';
import type { Client } from '../../../server/contracts/client.ts';
import type { InputOf, OutputOf } from '../../../server/contracts/endpoint.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';

export type LogLine = OutputOf<Api['activities.list']>['items'][number];
type Scope = Omit<InputOf<Api['activities.list']>, 'after' | 'limit'>;

/** The log from its newest line backwards, page by page. */
export class LogPages {
  items: readonly LogLine[] = $state.raw([]);
  /** Where the next page begins; null: the log begins here; undefined: nothing has been read yet. */
  next: string | null | undefined = $state.raw(undefined);
  busy = $state(false);
  problem: ProblemDocument | null = $state.raw(null);
  readonly #call: Client['call'];
  readonly #scope: Scope;
  readonly #pageSize: number;
  /** Where the first page begins; undefined: at the newest line. */
  readonly #begin: string | undefined;

  constructor(call: Client['call'], scope: Scope, pageSize = 100, begin?: string) {
    this.#begin = begin;
    this.#call = call;
    this.#scope = scope;
    this.#pageSize = pageSize;
  }

  async more(): Promise<void> {
    if (this.next !== null) await this.#read(this.next);
  }

  /** Reads the first page again, instead of all that was read before. */
  async restart(): Promise<void> {
    await this.#read(this.#begin);
  }

  async #read(after: string | undefined): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const page = await this.#call('activities.list', { ...this.#scope, after, limit: this.#pageSize });
      this.items = after === this.#begin ? page.items : [...this.items, ...page.items];
      this.next = page.next;
      this.problem = null;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.problem = error.problem;
    } finally {
      this.busy = false;
    }
  }
}
