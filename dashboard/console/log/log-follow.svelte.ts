import { ProblemError } from '../../../server/contracts/client.ts';
import type { Client } from '../../../server/contracts/client.ts';
import type { ServerEvents } from '../../../server/contracts/live.ts';
import type { LiveSocket } from '../../live/board-feed.ts';
import { takeChunk } from './log-offset.ts';
import type { Chunk } from './log-offset.ts';
import { createLogReader, endLog, readLog } from './log-reader.ts';

/**
 * The log of one task as it is written: what is stored is read by HTTP, what follows comes over the socket. Bytes decide
 * what is new, so a line is neither lost nor shown twice, whatever happens to the connection in between.
 */
export class LogFollow {
  /** Rises with every change of `reader`, which is too large to be compared. */
  changes = $state(0);
  ended = $state(false);
  problem: string | null = $state.raw(null);
  /** The line to the server is down: what the host writes meanwhile is shown when it is back. */
  cut = $state(false);
  readonly reader = createLogReader();
  readonly #call: Client['call'];
  readonly #socket: LiveSocket;
  readonly #taskId: number;
  #have = 0;
  #reading = false;
  #closed = false;

  constructor(call: Client['call'], socket: LiveSocket, taskId: number) {
    this.#call = call;
    this.#socket = socket;
    this.#taskId = taskId;
    socket.on('log:chunk', this.#chunk);
    socket.on('connect', this.#catchUp);
    socket.on('disconnect', this.#lose);
    void this.#catchUp();
  }

  close(): void {
    this.#closed = true;
    this.#socket.off('log:chunk', this.#chunk);
    this.#socket.off('connect', this.#catchUp);
    this.#socket.off('disconnect', this.#lose);
    this.#socket.emit('log:unfollow', { taskId: this.#taskId });
  }

  readonly #catchUp = async (): Promise<void> => {
    if (this.#reading || this.#closed || this.ended) return;
    this.#reading = true;
    try {
      await this.#readStored();
      this.problem = null;
      this.cut = !this.#socket.connected;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.problem = error.problem.detail;
    } finally {
      this.#reading = false;
    }
    if (this.#closed || this.ended) return;
    this.#socket.emit('log:follow', { taskId: this.#taskId, from: this.#have }, (answer) => {
      if (!answer.ok) this.problem = `The live log is refused (${answer.code}). Open this page again.`;
    });
  };

  readonly #lose = (): void => {
    this.cut = !this.ended;
  };

  async #readStored(): Promise<void> {
    for (;;) {
      const stored = await this.#call('tasks.log', { id: this.#taskId, from: this.#have });
      if (this.#closed) return;
      const moved = this.#take(stored);
      if (stored.ended && stored.to >= stored.total) this.#end();
      if (!moved || stored.to >= stored.total) return;
    }
  }

  readonly #chunk: ServerEvents['log:chunk'] = (chunk) => {
    if (chunk.taskId !== this.#taskId || this.#reading || this.ended) return;
    if (chunk.from > this.#have) return void this.#catchUp();
    this.#take(chunk);
    if (chunk.ended) this.#end();
  };

  #take(chunk: Chunk): boolean {
    const step = takeChunk(this.#have, chunk);
    if (step.step !== 'append') return false;
    readLog(this.reader, step.text);
    this.#have = step.to;
    this.changes += 1;
    return true;
  }

  #end(): void {
    endLog(this.reader);
    this.ended = true;
    this.cut = false;
    this.changes += 1;
  }
}
