/** Room for one piece of work; calling it gives the room back, once. */
export type Slot = () => void;

/** What `begin` prepares: the work that then runs by itself, or null when there turned out to be none. */
type Prepare = () => Promise<(() => Promise<void>) | null>;

/**
 * At most `size` pieces of work at once, those that are just being prepared included; the rest waits its turn. Holds
 * only what is running.
 */
export class Pool {
  readonly #size: number;
  readonly #running = new Set<Promise<void>>();
  readonly #waiting: ((slot: Slot) => void)[] = [];
  #taken = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get room(): number {
    return this.#size - this.#taken;
  }

  /** Somebody waits for room: who has some should give it back rather than go on. */
  get isWaitedFor(): boolean {
    return this.#waiting.length > 0;
  }

  /** Waits for room. Rejects when the signal aborts first. */
  async vacancy(signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    return (
      this.tryTake() ??
      new Promise<Slot>((resolve, reject) => {
        const give = (slot: Slot) => {
          signal.removeEventListener('abort', leave);
          resolve(slot);
        };
        const leave = () => {
          this.#waiting.splice(this.#waiting.indexOf(give), 1);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { once: true });
        this.#waiting.push(give);
      })
    );
  }

  /** Null: there is no room now. */
  tryTake(): Slot | null {
    if (this.room === 0) return null;
    this.#taken += 1;
    return this.#slot();
  }

  /**
   * Prepares work, and leaves it running in this slot; what it throws then goes to `onError`. Resolves when it is
   * prepared, false when there is none; what the preparation throws is the caller's.
   */
  async begin(slot: Slot, prepare: Prepare, onError: (error: unknown) => void): Promise<boolean> {
    try {
      const work = await prepare();
      if (work) this.#run(slot, work, onError);
      else slot();
      return work !== null;
    } catch (error) {
      slot();
      throw error;
    }
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #run(slot: Slot, work: () => Promise<void>, onError: (error: unknown) => void): void {
    const running = work()
      .catch(onError)
      .finally(() => {
        this.#running.delete(running);
        slot();
      });
    this.#running.add(running);
  }

  /** Room that becomes free goes straight to who waits longest: nobody can slip in between. */
  #slot(): Slot {
    let mine = true;
    return () => {
      if (!mine) return;
      mine = false;
      const next = this.#waiting.shift();
      if (next) next(this.#slot());
      else this.#taken -= 1;
    };
  }
}
