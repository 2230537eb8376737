import { ProblemError } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';

/** Milliseconds from one answer to the next question at the least: a storm of changes asks as often as a few. */
const restMs = 1_000;

/** An answer that is read again when what it was made of has moved on: one request at a time, the last change counts. */
export class KeptFresh<T> {
  value: T | null = $state.raw(null);
  problem: ProblemDocument | null = $state.raw(null);
  readonly #read: () => Promise<T>;
  #seen: string | undefined;
  #busy = false;
  #again = false;
  #ended = false;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** `state`: as text, what the answer stands on; the same again asks nothing. */
  look(state: string): void {
    if (state === this.#seen) return;
    this.#seen = state;
    if (this.#busy) this.#again = true;
    else void this.load();
  }

  async load(): Promise<void> {
    this.#busy = true;
    try {
      this.value = await this.#read();
      this.problem = null;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.problem = error.problem;
    }
    setTimeout(() => this.#rested(), restMs);
  }

  end(): void {
    this.#ended = true;
  }

  #rested(): void {
    this.#busy = false;
    if (!this.#again || this.#ended) return;
    this.#again = false;
    void this.load();
  }
}
