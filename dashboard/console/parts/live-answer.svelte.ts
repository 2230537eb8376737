import { ProblemError } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';

/** Milliseconds without a change of the question before the server is asked. */
const restMs = 200;

/** What would come of a choice, asked of the server anew whenever the choice has come to rest. */
export class LiveAnswer<Question, Answer> {
  answer: Answer | null = $state.raw(null);
  problem: ProblemDocument | null = $state.raw(null);
  /** The answer shown is for an older choice. */
  stale = $state(false);
  readonly #send: (question: Question, options: { signal: AbortSignal }) => Promise<Answer>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;

  constructor(send: (question: Question, options: { signal: AbortSignal }) => Promise<Answer>) {
    this.#send = send;
  }

  /** Null: there is nothing to ask, and no answer. */
  ask(question: Question | null): void {
    this.stop();
    if (question === null) {
      this.answer = null;
      this.problem = null;
      this.stale = false;
      return;
    }
    this.stale = true;
    this.#timer = setTimeout(() => void this.#load(question), restMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  async #load(question: Question): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      const answer = await this.#send(question, { signal: running.signal });
      if (running.signal.aborted) return;
      this.answer = answer;
      this.problem = null;
    } catch (error) {
      if (running.signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      this.answer = null;
      this.problem = error.problem;
    }
    this.stale = false;
  }
}
