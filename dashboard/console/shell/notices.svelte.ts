import type { Board } from '../../../server/domain/board.ts';
import type { JobView } from '../../../server/domain/views.ts';
import { hasArrived, viewArrived } from './arrival.ts';
import type { Shelf } from './arrival.ts';

/** What was asked for. `asked`: the server has accepted it, the screen has not seen it happen; `done`: it has. */
export interface Wish {
  readonly asked: string;
  readonly done: (board: Board) => string;
  readonly arrived: (board: Board | null) => boolean;
  readonly href: string;
  readonly link: string;
}

export interface Notice extends Wish {
  readonly id: number;
  readonly arrivedAt: number | null;
}

/** Milliseconds that a notice stays after its activity has arrived. */
const staysMs = 8_000;

/** What was asked for and has not been seen to happen yet. It counts as done when its activity has arrived, not before. */
export class Notices {
  list: readonly Notice[] = $state.raw([]);
  #last = 0;

  await(job: JobView, asked: string, done: (job: JobView) => string): void {
    this.#add({
      asked,
      done: (board) => done(board.jobs[job.id] ?? job),
      arrived: (board) => hasArrived(board, job),
      href: `/jobs/${job.id}`,
      link: `Job ${job.id}`,
    });
  }

  /** As `await`, for what is no job. `view`: the entity as the server's answer carries it. */
  awaitView(
    shelf: Shelf,
    view: { id: number; revision: number },
    words: { asked: string; done: string; href: string; link: string },
  ): void {
    this.#add({ ...words, done: () => words.done, arrived: (board) => viewArrived(board, shelf, view) });
  }

  #add(wish: Wish): void {
    this.list = [...this.list, { ...wish, id: ++this.#last, arrivedAt: null }];
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Looks at the board again. `now`: milliseconds of any steady clock. */
  look(board: Board | null, now: number): void {
    const next = this.list
      .filter(({ arrivedAt }) => arrivedAt === null || now - arrivedAt < staysMs)
      .map((notice) => (notice.arrivedAt === null && notice.arrived(board) ? { ...notice, arrivedAt: now } : notice));
    if (next.length !== this.list.length || next.some((notice, at) => notice !== this.list[at])) this.list = next;
  }
}
