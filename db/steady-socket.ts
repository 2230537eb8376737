import { Socket } from 'node:net';

/**
 * A socket that ends gently, for the driver's sake. postgres.js 3.4.9 forgets its socket at once and goes on using the
 * connection: what a transaction still says then ends the process, a statement that comes in that moment leaves a
 * connection that never flushes again, and what a lost transaction says later runs in a session that is not its own
 * (porsager/postgres #1208, #1168). So whoever has `onLost` hears that statements fail, and of the end only when it is
 * told to `leave`: steady-client.ts has closed the pool by then. Everybody else hears it in two steps.
 */
export class SteadySocket extends Socket {
  readonly #onLost: (() => void) | null;
  /** Then the driver listens to the socket above, which has to hear of the end at once. */
  readonly #isBelowTls: boolean;
  #connected = false;
  /** The driver ends it by itself: idle, too old, or closed by us. */
  #ours = false;
  #told = false;
  #state: 'open' | 'lost' | 'left' = 'open';

  constructor(onLost: (() => void) | null = null, { isBelowTls = false } = {}) {
    super();
    this.#onLost = onLost;
    this.#isBelowTls = isBelowTls;
    this.setNoDelay(true);
  }

  override end(...args: unknown[]): this {
    if (!this.readableEnded) this.#ours = true;
    return super.end(...(args as []));
  }

  /** From now on the driver may hear of its end, and does if it has ended. */
  leave(): void {
    if (this.#state === 'lost') setImmediate(() => super.emit('close', false));
    this.#state = 'left';
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'connect') this.#connected = true;
    if (event !== 'close' && event !== 'error') return super.emit(event, ...args);
    if (this.#ours || this.#state === 'left') return super.emit(event, ...args);
    if (this.#onLost && this.#connected) {
      if (!this.#isBelowTls) return this.#lose(this.#onLost, args[0]);
      this.#onLost();
    }
    if (event === 'error') {
      this.#told = true;
      return super.emit(event, ...args);
    }
    if (!this.#told) this.#refuse(closed());
    // Twice: what was scheduled by those who have just been told runs in between.
    setImmediate(() => setImmediate(() => super.emit('close', false)));
    return true;
  }

  #lose(onLost: () => void, reason: unknown): boolean {
    if (this.#state === 'lost') return true;
    this.#state = 'lost';
    // On the object itself: Node puts its own there when the other side has ended, and that one says nothing any more.
    this.write = () => {
      setImmediate(() => this.#refuse(closed()));
      return true;
    };
    onLost();
    this.#refuse(reason instanceof Error ? reason : closed());
    return true;
  }

  /** Whatever was said and not answered is rejected. */
  #refuse(error: Error): void {
    if (this.listenerCount('error') > 0) super.emit('error', error);
  }
}

function closed(): Error {
  return Object.assign(new Error('the database closed the connection'), { code: 'CONNECTION_CLOSED' });
}
