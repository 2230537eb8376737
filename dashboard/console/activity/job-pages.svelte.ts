import { ProblemError } from '../../../server/contracts/client.ts';
import type { Client } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';
import type { JobView } from '../../../server/domain/views.ts';
import { jobInCard } from './job-list.ts';
import type { JobCard } from './job-list.ts';

const pageSize = 50;

/** Jobs that the board no longer holds, page by page. What the board still holds comes from there, live. */
export class JobPages {
  items: readonly JobView[] = $state.raw([]);
  /** Where the next page begins; null: there is none; undefined: nothing has been asked yet. */
  next: string | null | undefined = $state.raw(undefined);
  busy = $state(false);
  problem: ProblemDocument | null = $state.raw(null);
  readonly card: JobCard;
  readonly #call: Client['call'];

  constructor(call: Client['call'], card: JobCard) {
    this.#call = call;
    this.card = card;
  }

  async more(): Promise<void> {
    if (this.busy || this.next === null) return;
    this.busy = true;
    try {
      const card = this.card === 'total' ? undefined : this.card;
      const page = await this.#call('jobs.list', { card, after: this.next, limit: pageSize });
      this.items = [...this.items, ...page.items.filter((job) => jobInCard(job, this.card))];
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
