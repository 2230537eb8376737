import { ProblemError } from '../../../server/contracts/client.ts';
import type { Client } from '../../../server/contracts/client.ts';
import type { ServerEvents } from '../../../server/contracts/live.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';
import type { TaskCounts, TaskStatus, TaskView } from '../../../server/domain/views.ts';
import type { LiveSocket } from '../../live/board-feed.ts';
import { countTasks } from './job-waves.ts';

const pageSize = 500;
const pictureMs = 150;
/** Milliseconds between two full loads at the least. */
const reloadMs = 4_000;

/**
 * Every task of one job, live. Pages by HTTP, then the task activities that pass by on the board's own socket; whatever
 * was missed shows as counts that differ from the job's own, and is loaded again.
 */
export class JobTasks {
  list: readonly TaskView[] = $state.raw([]);
  loaded = $state(false);
  problem: ProblemDocument | null = $state.raw(null);
  readonly #call: Client['call'];
  readonly #socket: LiveSocket;
  readonly #jobId: number;
  // Not reactive: ten thousand tasks are drawn as one picture, at most every 150 ms.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  readonly #byId = new Map<number, TaskView>();
  #picture: ReturnType<typeof setTimeout> | undefined;
  #loading = false;
  #loadedAt = 0;
  #closed = false;

  constructor(call: Client['call'], socket: LiveSocket, jobId: number) {
    this.#call = call;
    this.#socket = socket;
    this.#jobId = jobId;
    socket.on('board:batch', this.#batch);
    void this.load();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#picture);
    this.#socket.off('board:batch', this.#batch);
  }

  async load(): Promise<void> {
    if (this.#loading || this.#closed) return;
    this.#loading = true;
    try {
      await this.#pages();
      this.problem = null;
      this.loaded = true;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.problem = error.problem;
    } finally {
      this.#loading = false;
      this.#loadedAt = performance.now();
    }
  }

  /** Loads again when what is known here cannot be what the job counts. */
  check(counts: TaskCounts): void {
    if (!this.loaded || performance.now() - this.#loadedAt < reloadMs) return;
    const known = countTasks([...this.#byId.values()]);
    if ((Object.keys(known) as TaskStatus[]).some((status) => known[status] !== counts[status])) void this.load();
  }

  async #pages(): Promise<void> {
    let after: string | undefined;
    do {
      const page = await this.#call('jobs.tasks', { id: this.#jobId, limit: pageSize, after });
      for (const task of page.items) this.#take(task);
      this.#draw();
      after = page.next ?? undefined;
    } while (after !== undefined && !this.#closed);
  }

  readonly #batch: ServerEvents['board:batch'] = ({ activities }) => {
    let changed = false;
    for (const { entity, jobId, view } of activities) {
      if (entity.kind === 'task' && jobId === this.#jobId) changed = this.#take(view as TaskView) || changed;
    }
    if (changed) this.#picture ??= setTimeout(() => this.#draw(), pictureMs);
  };

  #take(task: TaskView): boolean {
    const known = this.#byId.get(task.id);
    if (known && known.revision >= task.revision) return false;
    this.#byId.set(task.id, task);
    return true;
  }

  #draw(): void {
    clearTimeout(this.#picture);
    this.#picture = undefined;
    if (!this.#closed) this.list = [...this.#byId.values()];
  }
}
