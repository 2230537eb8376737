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

/**
 * A channel's end, from outside (line lost, caller aborted) or by its own `close`: runs `shut` once and rejects what still waits.
 * Without the own end a write that the host no longer reads would wait for ever, and its source with it.
 */
export function closable(outer: AbortSignal, shut: () => void): { readonly ended: AbortSignal; close(): void } {
  const own = new AbortController();
  const ended = AbortSignal.any([outer, own.signal]);
  if (ended.aborted) shut();
  else ended.addEventListener('abort', shut, { once: true });
  return { ended, close: () => own.abort(new Error('the channel was closed here')) };
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
