/**
 * The client's end of the live feed: snapshot by HTTP, then batches by Socket.IO from its cursor. Whatever is lost,
 * doubled or late on the way, the board ends where the server's is, or the signs say that it may not be believed.
 */
import { io, type Socket } from 'socket.io-client';
import type {
  BoardPart,
  Boards,
  ClientEvents,
  Heartbeat,
  ServerEvents,
  Snapshot,
} from '../../server/contracts/live.ts';
import { unpackSnapshot, type PackedSnapshot } from '../../server/contracts/snapshot.ts';
import { backoffMs } from './backoff.ts';
import { noSigns, type Signs } from './freshness.ts';
import { takeBatch, type Batch } from './take-batch.ts';

export type LiveSocket = Socket<ServerEvents, ClientEvents>;

export interface BoardFeedOptions<Part extends BoardPart> {
  part: Part;
  /** Where the server is, without a slash at the end; empty in a page: its own origin. */
  origin: string;
  /** Something that a screen shows has changed. Called once per message, so whoever draws coalesces. */
  onChange: () => void;
  /** The build that the server serves now, with the snapshot and with every heartbeat. */
  onBuild: (build: string) => void;
}

/** A display that is not signed in looks again this often: somebody may sign it in from another tab. */
const signedOutMs = 15_000;
/** When this many follows in a row moved nothing, asking again will not help: snapshot. */
const idleFollowsAllowed = 1;
/** A snapshot that takes longer hangs on a dead link. */
const snapshotTimeoutMs = 20_000;
/** The server's clock is taken over only when it differs by more, so that a shown second never runs backwards. */
const clockSlackMs = 500;

export class BoardFeed<Part extends BoardPart> {
  board: Boards[Part] | null = null;
  readonly signs: Signs = noSigns(performance.now());
  readonly socket: LiveSocket;
  #options: BoardFeedOptions<Part>;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #following = false;
  /** Follows since the board last moved or was known to be current. */
  #idleFollows = 0;
  #closed = false;
  #loading = false;
  /** Our cursor at the last heartbeat, if that heartbeat was ahead of it. */
  #behindAt: string | null = null;
  #serverClock: { at: number; serverTime: number } | null = null;

  constructor(options: BoardFeedOptions<Part>) {
    this.#options = options;
    this.socket = io(options.origin, {
      autoConnect: false,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 10_000,
      randomizationFactor: 0.5,
    }) as LiveSocket;
    this.#listen();
  }

  start(): void {
    void this.#load();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.socket.disconnect();
  }

  /** The server's time now, epoch milliseconds, carried on by the monotonic clock; null before the first word. */
  serverNow(): number | null {
    const clock = this.#serverClock;
    return clock && clock.serverTime + (performance.now() - clock.at);
  }

  /** Takes the snapshot now, for instance after somebody has signed in. */
  reload(): void {
    this.#attempt = 0;
    void this.#load();
  }

  async #load(): Promise<void> {
    if (this.#loading || this.#closed) return;
    this.#loading = true;
    clearTimeout(this.#retry);
    try {
      const answer = await fetch(`${this.#options.origin}/api/v1/board?part=${this.#options.part}`, {
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(snapshotTimeoutMs),
      });
      if (answer.status === 401 || answer.status === 403) this.#signedOut();
      else if (answer.ok) this.#takeSnapshot(unpackSnapshot((await answer.json()) as PackedSnapshot));
      else this.#failed(`the server answered ${answer.status}`);
    } catch {
      this.#failed('the server cannot be reached');
    } finally {
      this.#loading = false;
    }
  }

  #takeSnapshot(snapshot: Snapshot<Boards[Part]>): void {
    if (this.#closed) return;
    this.board = snapshot.board;
    this.#idleFollows = 0;
    this.#following = false;
    this.signs.signedOut = false;
    this.signs.problem = null;
    this.#sync(snapshot.serverTime);
    this.#truth();
    this.#options.onBuild(snapshot.build);
    this.#options.onChange();
    if (this.socket.connected) this.#follow();
    else this.socket.connect();
  }

  #signedOut(): void {
    this.signs.signedOut = true;
    this.socket.disconnect();
    this.#later(() => void this.#load(), signedOutMs);
    this.#options.onChange();
  }

  #failed(problem: string): void {
    this.signs.problem = problem;
    this.#later(() => void this.#load(), this.#backoff());
    this.#options.onChange();
  }

  #later(act: () => void, ms: number): void {
    clearTimeout(this.#retry);
    if (!this.#closed) this.#retry = setTimeout(act, ms);
  }

  #backoff(): number {
    return backoffMs(this.#attempt++, Math.random());
  }

  #listen(): void {
    this.socket.on('connect', () => {
      this.signs.linked = true;
      this.#attempt = 0;
      this.signs.restartingAt = null;
      this.#following = false;
      this.#follow();
    });
    this.socket.on('disconnect', (reason) => {
      this.signs.linked = false;
      // The client library does not come back by itself when the server was the one to end it.
      if (reason === 'io server disconnect') this.#later(() => this.socket.connect(), this.#backoff());
      this.#options.onChange();
    });
    this.socket.on('connect_error', () => {
      this.signs.linked = false;
      // Refused by the server (a session that ended), not by the network: the snapshot tells which.
      if (!this.socket.active) this.#later(() => void this.#load(), this.#backoff());
      this.#options.onChange();
    });
    this.socket.on('board:batch', (batch) => this.#batch(batch));
    this.socket.on('board:resync', () => void this.#load());
    this.socket.on('engine:heartbeat', (beat) => this.#heartbeat(beat));
    this.socket.on('engine:restarting', () => {
      this.signs.restartingAt = performance.now();
      this.#options.onChange();
    });
  }

  #follow(): void {
    if (!this.board || this.#following) return;
    this.#following = true;
    this.socket.emit('board:follow', { since: this.board.cursor }, (result) => {
      this.#following = false;
      if (!result.ok) void this.#load();
    });
  }

  #batch(batch: Batch): void {
    if (!this.board || this.#loading) return;
    const taken = takeBatch(this.board, batch);
    if (taken === 'applied') {
      this.#idleFollows = 0;
      this.#truth();
      this.#options.onChange();
    } else if (taken === 'gap' && !this.#following) this.#followAgain();
  }

  #followAgain(): void {
    if (this.#idleFollows++ < idleFollowsAllowed) this.#follow();
    else void this.#load();
  }

  #heartbeat(beat: Heartbeat): void {
    this.signs.ages = beat.ages;
    this.signs.agesAt = performance.now();
    this.#sync(beat.serverTime);
    if (this.board) this.#compare(beat.cursor, this.board.cursor);
    this.#options.onBuild(beat.build);
    this.#options.onChange();
  }

  /** A beat ahead of us is followed by its batch within the second. Still behind at the next beat: we missed something. */
  #compare(theirs: string, ours: string): void {
    if (theirs === ours) {
      this.#idleFollows = 0;
      this.#behindAt = null;
      this.#truth();
    } else if (this.#behindAt === ours) this.#followAgain();
    else this.#behindAt = ours;
  }

  #truth(): void {
    this.signs.truthAt = performance.now();
    this.signs.truthServerTime = this.serverNow();
  }

  #sync(serverTime: number): void {
    const known = this.serverNow();
    if (known !== null && Math.abs(known - serverTime) < clockSlackMs) return;
    this.#serverClock = { at: performance.now(), serverTime };
  }
}
