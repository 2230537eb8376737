import type { Board } from '../../../server/domain/board.ts';
import type { JobView } from '../../../server/domain/views.ts';
import { hasArrived } from './arrival.ts';

/** `asked`: the server has accepted it, the screen has not seen it happen. */
export interface Notice {
  readonly id: number;
  readonly job: JobView;
  readonly asked: string;
  readonly done: (job: JobView) => string;
  readonly arrivedAt: number | null;
}

/** Milliseconds that a notice stays after its activity has arrived. */
const staysMs = 8_000;

/** What was asked for and has not been seen to happen yet. It counts as done when its activity has arrived, not before. */
export class Notices {
  list: readonly Notice[] = $state.raw([]);
  #last = 0;

  await(job: JobView, asked: string, done: (job: JobView) => string): void {
    this.list = [...this.list, { id: ++this.#last, job, asked, done, arrivedAt: null }];
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Looks at the board again. `now`: milliseconds of any steady clock. */
  look(board: Board | null, now: number): void {
    const next = this.list
      .filter(({ arrivedAt }) => arrivedAt === null || now - arrivedAt < staysMs)
      .map((notice) =>
        notice.arrivedAt === null && hasArrived(board, notice.job) ? { ...notice, arrivedAt: now } : notice,
      );
    if (next.length !== this.list.length || next.some((notice, at) => notice !== this.list[at])) this.list = next;
  }
}
