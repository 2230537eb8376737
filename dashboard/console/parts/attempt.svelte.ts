import { ProblemError } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';

/**
 * One thing that a person asks of the server: busy until it answers, then done or with a problem. What is tried again
 * after no answer came carries the same idempotency key, so that it can never happen twice.
 */
export class Attempt {
  busy = $state(false);
  problem: ProblemDocument | null = $state.raw(null);
  #key: string | undefined;

  /** The answer, or undefined when there is a problem (then `problem` says which) or one is already under way. */
  async run<T>(work: (options: { idempotencyKey: string }) => Promise<T>): Promise<T | undefined> {
    if (this.busy) return undefined;
    this.busy = true;
    this.problem = null;
    this.#key ??= newKey();
    try {
      const answer = await work({ idempotencyKey: this.#key });
      this.#key = undefined;
      return answer;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // Without an answer nobody knows whether it happened: the same key finds out. A refusal is final.
      if (error.problem.status !== 0) this.#key = undefined;
      this.problem = error.problem;
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}

/** `crypto.randomUUID` is missing on plain http pages. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
