import type { Board } from '../../../server/domain/board.ts';
import type { JobStatus } from '../../../server/domain/views.ts';
import { jobKinds, jobState } from '../jobs/task-words.ts';
import type { Announcer } from './announcer.svelte.ts';

/** Tells what jobs have become since the last look. Of the first board nothing is told: it is how things stand. */
export class JobChanges {
  readonly #known = new Map<number, JobStatus>();
  #begun = false;

  tell(board: Board | null, announcer: Pick<Announcer, 'say'>): void {
    if (!board) return;
    for (const job of Object.values(board.jobs)) {
      if (this.#known.get(job.id) === job.status) continue;
      this.#known.set(job.id, job.status);
      if (!this.#begun) continue;
      announcer.say(`job ${job.id}`, `Job ${job.id}, ${jobKinds[job.kind]} ${job.version}: ${jobState(job).word}.`);
    }
    this.#begun = true;
  }
}
