/** What both drivers do with their streams. */
import type { Readable } from 'node:stream';

const STDERR_LIMIT = 8 * 1024;

/** Reads all of a stream, so that it never blocks its writer, and keeps the first 8 KiB of it. */
export function collectStart(stream: Readable): () => string {
  const kept: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    if (size >= STDERR_LIMIT) return;
    kept.push(chunk.subarray(0, STDERR_LIMIT - size));
    size += chunk.length;
  });
  stream.on('error', () => {}); // the main stream tells of the same end
  return () => Buffer.concat(kept).toString('utf8');
}

/** The promise, or the signal's reason as soon as it is aborted. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
