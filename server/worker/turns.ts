/**
 * Requests that need the same lock wait here, not in the database: a waiting transaction holds a connection, and with
 * twenty hosts at once they held them all. Those of one key that come while a turn is under way share the next one.
 */
export class Turns<Request, Answer> {
  readonly #take: (key: number, requests: readonly Request[]) => Promise<readonly Answer[]>;
  readonly #waiting = new Map<number, Waiting<Request, Answer>[]>();

  /** `take` answers requests of one key, in their order. */
  constructor(take: (key: number, requests: readonly Request[]) => Promise<readonly Answer[]>) {
    this.#take = take;
  }

  ask(key: number, request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const one = { request, resolve, reject };
      const line = this.#waiting.get(key);
      if (line) return void line.push(one);
      this.#waiting.set(key, [one]);
      void this.#serve(key);
    });
  }

  async #serve(key: number): Promise<void> {
    for (;;) {
      const turn = this.#waiting.get(key) ?? [];
      if (turn.length === 0) return void this.#waiting.delete(key);
      this.#waiting.set(key, []);
      await this.#answer(key, turn);
    }
  }

  /** What fails together is tried one by one: the fault of one task is not that of its neighbours. */
  async #answer(key: number, turn: readonly Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await this.#take(
        key,
        turn.map(({ request }) => request),
      );
      turn.forEach(({ resolve }, index) => resolve(answers[index] as Answer));
    } catch (error) {
      if (turn.length === 1) return turn[0]?.reject(error);
      for (const one of turn) await this.#answer(key, [one]);
    }
  }
}

interface Waiting<Request, Answer> {
  readonly request: Request;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}
