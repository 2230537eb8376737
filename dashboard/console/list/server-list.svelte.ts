import { ProblemError } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';
import type { ServerEvents } from '../../../server/contracts/live.ts';
import type { AnyActivity, EntityKind } from '../../../server/domain/activity.ts';
import type { LiveSocket } from '../../live/board-feed.ts';
import type { ListAddress } from './list-address.ts';
import { newerView } from './newer-view.ts';

/** A line of the log has its place there instead of a number. */
export type ListedRow = { readonly id: number } | { readonly cursor: string };

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

interface Source<Page> {
  readonly address: ListAddress;
  readonly read: (question: string, signal: AbortSignal) => Promise<Page>;
  readonly socket: LiveSocket;
  /** What a row is: its views are shown as they come. None: nothing of it passes by. */
  readonly row?: EntityKind | undefined;
  /** What else changes which rows there are, or what they say. */
  readonly also?: readonly EntityKind[] | 'everything' | undefined;
  /** Whether a fact of these kinds is of this list; all are unless told. */
  readonly about?: ((activity: AnyActivity) => boolean) | undefined;
  /** What changes without a fact is looked at this often, in milliseconds. */
  readonly everyMs?: number | undefined;
}

/**
 * One page of a list that the server sorts and filters. It is read again when something of its kind has changed; while it
 * is `held`, another order waits as `fresh` rows, so that nothing moves under a pointer. What a row says stays live.
 */
export class ServerList<Row extends ListedRow, Page extends ListedPage<Row> = ListedPage<Row>> {
  page: Page | null = $state.raw(null);
  problem: ProblemDocument | null = $state.raw(null);
  /** Read, and not shown yet. */
  waiting: Page | null = $state.raw(null);
  readonly address: ListAddress;
  readonly #read: Source<Page>['read'];
  readonly #socket: LiveSocket;
  readonly #row: EntityKind | undefined;
  readonly #about: (activity: AnyActivity) => boolean;
  readonly #every: ReturnType<typeof setInterval> | undefined;
  #question: string | null = null;
  /** The question that is being asked, and the one that the page answers. */
  #reading: string | null = null;
  #answered: string | null = null;
  #held = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;

  constructor({ address, read, socket, row, also = [], about = () => true, everyMs }: Source<Page>) {
    this.address = address;
    this.#read = read;
    this.#socket = socket;
    this.#row = row;
    const kinds = also === 'everything' ? null : [...(row ? [row] : []), ...also];
    this.#about = (activity) => (kinds?.includes(activity.entity.kind) ?? true) && about(activity);
    this.#every = everyMs === undefined ? undefined : setInterval(this.look, everyMs);
    socket.on('board:batch', this.#batch);
    socket.on('connect', this.look);
  }

  get rows(): readonly Row[] {
    return this.page?.items ?? [];
  }

  /** How many rows wait that are not shown; 0 with `waiting`: only their order, or what is gone, is other. */
  get fresh(): number {
    const shown = this.rows.map(keyOf);
    return this.waiting?.items.filter((row) => !shown.includes(keyOf(row))).length ?? 0;
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
    clearInterval(this.#every);
    this.#running?.abort();
    this.#socket.off('board:batch', this.#batch);
    this.#socket.off('connect', this.look);
  }

  readonly #batch: ServerEvents['board:batch'] = ({ activities }) => {
    const own = activities.filter(this.#about);
    if (own.length === 0) return;
    const views: Record<number | string, Row> = {};
    for (const { entity, view } of own) if (entity.kind === this.#row) views[entity.id] = view as never;
    if (this.page) this.page = newer<Row, Page>(this.page, views);
    if (this.waiting) this.waiting = newer<Row, Page>(this.waiting, views);
    this.look();
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

function keyOf(row: ListedRow): number | string {
  return 'id' in row ? row.id : row.cursor;
}

/** The page with what has been said of its rows since. */
function newer<Row extends ListedRow, Page extends ListedPage<Row>>(
  page: Page,
  views: Readonly<Record<number | string, Row>>,
): Page {
  return page.items.some((row) => views[keyOf(row)])
    ? { ...page, items: page.items.map((row) => newerView(row, views[keyOf(row)])) }
    : page;
}

function sameOrder(a: ListedPage<ListedRow>, b: ListedPage<ListedRow>): boolean {
  return (
    a.items.length === b.items.length && a.items.every((row, at) => keyOf(row) === keyOf(b.items[at] ?? { id: -1 }))
  );
}
