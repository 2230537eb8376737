import type { BoardPart, Boards } from '../../server/contracts/live.ts';
import { BoardFeed, type LiveSocket } from './board-feed.ts';
import { judgeFreshness, type Freshness } from './freshness.ts';
import { reloadWhenChanged } from './reload-when-changed.ts';

/** Milliseconds between two pictures at the least: nobody reads faster, and a storm of 1 000 changes/s costs the same as 10. */
const pictureMs = 100;
/** Of a fleet so large that each picture costs milliseconds, four a second are enough: no eye follows one host in it. */
const large = { hosts: 2_500, pictureMs: 250 };
const watchdogMs = 250;

/**
 * The live board as runes. The feed folds into one mutable board; `board` is a new shallow copy per picture, so what
 * hangs below it (hosts, jobs, …) is the same object as before, changed: read `live.board` inside the very `$derived`
 * that computes from it, never `const { hosts } = $derived(live.board)`.
 */
export class LiveBoard<Part extends BoardPart> {
  board: Boards[Part] | null = $state.raw(null);
  freshness: Freshness = $state.raw() as Freshness;
  /** The server's time, epoch milliseconds, in whole seconds; this machine's before the first word of the server. */
  now: number = $state(0);
  #feed: BoardFeed<Part>;
  #watchdog: ReturnType<typeof setInterval>;
  #picture: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = 0;
  #pictureMs = pictureMs;

  constructor(part: Part, origin = '') {
    this.#feed = new BoardFeed({ part, origin, onChange: () => this.#changed(), onBuild: reloadWhenChanged });
    this.freshness = judgeFreshness(this.#feed.signs, performance.now());
    this.#look();
    // Its own timer, not the socket's events: a link that is half open sends no event for up to 45 s.
    this.#watchdog = setInterval(() => this.#look(), watchdogMs);
    this.#feed.start();
  }

  /** The one socket of this page, for what else is live (`log:follow`). */
  get socket(): LiveSocket {
    return this.#feed.socket;
  }

  /** Takes the snapshot again, for instance after somebody signed in. */
  reload(): void {
    this.#feed.reload();
  }

  close(): void {
    clearInterval(this.#watchdog);
    clearTimeout(this.#picture);
    this.#feed.close();
  }

  #changed(): void {
    if (this.#picture !== undefined) return;
    const wait = Math.max(0, this.#drawnAt + this.#pictureMs - performance.now());
    this.#picture = setTimeout(() => requestAnimationFrame(() => this.#draw()), wait);
  }

  #draw(): void {
    this.#picture = undefined;
    this.#drawnAt = performance.now();
    const { board } = this.#feed;
    if (board) {
      this.board = { ...board };
      this.#pictureMs = Object.keys(board.hosts).length > large.hosts ? large.pictureMs : pictureMs;
    }
    this.#look();
  }

  #look(): void {
    const next = judgeFreshness(this.#feed.signs, performance.now());
    if (!sameFreshness(this.freshness, next)) this.freshness = next;
    this.now = Math.floor((this.#feed.serverNow() ?? Date.now()) / 1000) * 1000;
  }
}

/** The age moves every second, but nothing shows it while the board is live. */
function sameFreshness(a: Freshness, b: Freshness): boolean {
  if (a.code !== b.code || a.problem !== b.problem || a.restarting !== b.restarting) return false;
  return a.code === 'live' || (a.ageS === b.ageS && a.silent.join() === b.silent.join());
}
