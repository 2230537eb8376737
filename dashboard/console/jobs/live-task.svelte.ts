import type { Client } from '../../../server/contracts/client.ts';
import { ProblemError } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';
import type { ServerEvents } from '../../../server/contracts/live.ts';
import type { TaskView } from '../../../server/domain/views.ts';
import type { LiveSocket } from '../../live/board-feed.ts';

/** One task, whatever page of its job it is on: read once, again after a cut, and then as it passes by. */
export class LiveTask {
  view: TaskView | null = $state.raw(null);
  problem: ProblemDocument | null = $state.raw(null);
  readonly #call: Client['call'];
  readonly #socket: LiveSocket;
  readonly #id: number;

  constructor(call: Client['call'], socket: LiveSocket, id: number) {
    this.#call = call;
    this.#socket = socket;
    this.#id = id;
    socket.on('board:batch', this.#batch);
    socket.on('connect', this.#load);
    void this.#load();
  }

  close(): void {
    this.#socket.off('board:batch', this.#batch);
    this.#socket.off('connect', this.#load);
  }

  readonly #load = async (): Promise<void> => {
    try {
      this.#take(await this.#call('tasks.show', { id: this.#id }));
      this.problem = null;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.problem = error.problem;
    }
  };

  readonly #batch: ServerEvents['board:batch'] = ({ activities }) => {
    for (const { entity, view } of activities)
      if (entity.kind === 'task' && entity.id === this.#id) this.#take(view as TaskView);
  };

  #take(view: TaskView): void {
    if (!this.view || view.revision > this.view.revision) this.view = view;
  }
}
