import { ProblemError } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';
import type { ServerEvents } from '../../../server/contracts/live.ts';
import type { EntityKind } from '../../../server/domain/activity.ts';
import type { LiveSocket } from '../../live/board-feed.ts';

export interface ListedPage<Row> {
  readonly items: readonly Row[];
  readonly next: string | null;
  readonly previous: string | null;
  readonly total?: number;
}

/** Milliseconds of rest before a question that is still being typed is asked. */
const restMs = 150;
/** Milliseconds between two looks at a list that changes all the time. */
const lookMs = 1_500;

/**
 * One page of a list that the server sorts and filters. It is read again when something of its kind has changed; while it
 * is `held`, another order waits as `fresh` rows, so that nothing moves under a pointer. What a row says stays live.
 */
export class ServerList<Row extends { readonly id: number }> {
  page: ListedPage<Row> | null = $state.raw(null);
  problem: ProblemDocument | null = $state.raw(null);
  /** Read, and not shown yet. */
  waiting: ListedPage<Row> | null = $state.raw(null);
  readonly #read: (question: string, signal: AbortSignal) => Promise<ListedPage<Row>>;
  readonly #socket: LiveSocket;
  readonly #kinds: readonly EntityKind[];
  #question: string | null = null;
  /** The question that is being asked, and the one that the page answers. */
  #reading: string | null = null;
  #answered: string | null = null;
  #held = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;

  constructor(
    read: (question: string, signal: AbortSignal) => Promise<ListedPage<Row>>,
    socket: LiveSocket,
    kinds: readonly EntityKind[],
  ) {
    this.#read = read;
    this.#socket = socket;
    this.#kinds = kinds;
    socket.on('board:batch', this.#batch);
    socket.on('connect', this.look);
  }

  get rows(): readonly Row[] {
    return this.page?.items ?? [];
  }

  /** How many rows wait that are not shown; 0 with `waiting`: only their order, or what is gone, is other. */
  get fresh(): number {
    const shown = this.rows.map(({ id }) => id);
    return this.waiting?.items.filter(({ id }) => !shown.includes(id)).length ?? 0;
  }

  /** `question`: as text, so that the same one is not asked twice. */
  ask(question: string): void {
    if (question === this.#question) return;
    const first = this.#question === null;
    this.#question = question;
    this.waiting = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#load(true), first ? 0 : restMs);
  }

  /** Something of it has changed, or may have. */
  readonly look = (): void => {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      void this.#load(false);
    }, lookMs);
  };

  /** At once, after one's own change. */
  async reload(): Promise<void> {
    await this.#load(true);
  }

  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.take();
  }

  take(): void {
    if (this.waiting) this.page = this.waiting;
    this.waiting = null;
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#looking);
    this.#running?.abort();
    this.#socket.off('board:batch', this.#batch);
    this.#socket.off('connect', this.look);
  }

  readonly #batch: ServerEvents['board:batch'] = ({ activities }) => {
    if (activities.some(({ entity }) => this.#kinds.includes(entity.kind))) this.look();
  };

  /** `asked`: the answer is shown even where rows are held. */
  async #load(asked: boolean): Promise<void> {
    const question = this.#question;
    if (question === null) return;
    // A list that changes faster than it is read would never be read to its end.
    if (!asked && this.#running && this.#reading === question) return this.look();
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#reading = question;
    try {
      const page = await this.#read(question, running.signal);
      if (running.signal.aborted) return;
      this.problem = null;
      const moves = this.page !== null && !sameOrder(this.page, page);
      if (moves && this.#held && !asked && question === this.#answered) this.waiting = page;
      else {
        this.page = page;
        this.waiting = null;
        this.#answered = question;
      }
    } catch (error) {
      if (running.signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      this.problem = error.problem;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }
}

function sameOrder(a: ListedPage<{ id: number }>, b: ListedPage<{ id: number }>): boolean {
  return a.items.length === b.items.length && a.items.every(({ id }, at) => b.items[at]?.id === id);
}
