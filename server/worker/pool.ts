/** At most `size` pieces of work at once; the rest waits its turn. Holds only what is running. */
export class Pool {
  readonly #size: number;
  readonly #running = new Set<Promise<void>>();
  #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  get room(): number {
    return Math.max(0, this.#size - this.#running.size);
  }

  /** Resolves when there is room; rejects when the signal aborts first. */
  async vacancy(signal: AbortSignal): Promise<void> {
    while (this.room === 0) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    }
  }

  /** Runs without being awaited; what it throws goes to `onError`. */
  run(work: () => Promise<void>, onError: (error: unknown) => void): void {
    const running = work()
      .catch(onError)
      .finally(() => {
        this.#running.delete(running);
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const wake of waiting) wake();
      });
    this.#running.add(running);
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
