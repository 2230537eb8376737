import { Socket } from 'node:net';

/**
 * A socket that ends in two steps, for the driver's sake. postgres.js 3.4.9 forgets its socket first and rejects what was
 * under way then, so the rollback of a broken transaction writes to nothing: the process ends, or the connection never
 * flushes again (porsager/postgres #1208, #1168). Here whoever waits is told while there is still something to write to,
 * and the end comes when nothing of it is left in the event loop.
 */
export class SteadySocket extends Socket {
  #told = false;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'error') this.#told = true;
    if (event !== 'close') return super.emit(event, ...args);
    if (!this.#told && this.listenerCount('error') > 0) {
      super.emit(
        'error',
        Object.assign(new Error('the database closed the connection'), { code: 'CONNECTION_CLOSED' }),
      );
    }
    // Twice: what was scheduled by those who have just been told runs in between.
    setImmediate(() => setImmediate(() => super.emit('close', false)));
    return true;
  }
}
