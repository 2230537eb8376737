import { ProblemError } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';

/** A list that is read by HTTP, and read again when somebody has changed it. */
export class Loaded<T> {
  value: T | null = $state.raw(null);
  problem: ProblemDocument | null = $state.raw(null);
  readonly #read: () => Promise<T>;

  constructor(read: () => Promise<T>) {
    this.#read = read;
    void this.load();
  }

  async load(): Promise<void> {
    try {
      this.value = await this.#read();
      this.problem = null;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      this.problem = error.problem;
    }
  }
}
