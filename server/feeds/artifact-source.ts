import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { DownloadError } from './download-error.ts';
import { causeOf, httpGet, shownUrl, type HttpAnswer } from './http-get.ts';

/** An artifact that is being sent. `from` is the byte its body starts with: 0 when the server would not resume. */
export interface OpenArtifact {
  readonly from: number;
  readonly body: Readable;
}

/** Parses an address. Throws DownloadError `unreachable`. */
export function addressOf(url: URL | string | undefined): URL {
  const parsed = URL.parse(String(url));
  if (parsed) return parsed;
  throw new DownloadError('unreachable', `"${url}" is not an address. Correct it in the feed.`);
}

/**
 * Opens an artifact at a byte, over HTTP or from a file. A server that does not know that range is asked for the whole.
 * No validator is sent along: the digest over the whole judges what was taken up. Throws DownloadError
 * `unreachable`, `bad_status` or `size_mismatch`; an abort rejects with the signal's reason.
 */
export async function openArtifact(url: URL, from: number, size: number, signal: AbortSignal): Promise<OpenArtifact> {
  if (url.protocol === 'file:') return openFile(url, from, size, signal);
  const { status, headers, body } = await get(url, from, signal);
  const length = Number(headers['content-length'] ?? size);
  if (status === 206 && from > 0 && startsAt(from, size, headers['content-range'])) return { from, body };
  if (status === 200 && length === size) return { from: 0, body };
  body.destroy();
  if (status === 200) throw wrongSize(url, length, size);
  if (from > 0 && (status === 206 || status === 416)) return openArtifact(url, 0, size, signal);
  throw badStatus(url, status);
}

/** Reads a small text such as a signature, at most `limit` bytes; null when there is none. Throws DownloadError. */
export async function readSmallText(url: URL, limit: number, signal: AbortSignal): Promise<string | null> {
  const body = await openSmall(url, signal);
  if (body === null) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      if ((size += (chunk as Buffer).length) > limit) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreachable(url, error);
  }
  return Buffer.concat(chunks).toString('utf8', 0, limit);
}

async function openSmall(url: URL, signal: AbortSignal): Promise<Readable | null> {
  if (url.protocol === 'file:') return createReadStream(url, { signal });
  const answer = await get(url, 0, signal);
  if (answer.status === 200) return answer.body;
  answer.body.destroy();
  if (answer.status === 404 || answer.status === 410) return null;
  throw badStatus(url, answer.status);
}

async function openFile(url: URL, from: number, size: number, signal: AbortSignal): Promise<OpenArtifact> {
  const found = await stat(url).catch((error: unknown) => {
    throw unreachable(url, error);
  });
  if (!found.isFile()) throw unreachable(url, new Error('it is not a file'));
  if (found.size !== size) throw wrongSize(url, found.size, size);
  const body = createReadStream(url, { start: from, highWaterMark: 256 * 1024, signal });
  // An abort before somebody reads would otherwise be an uncaught error; the reader gets it all the same.
  return { from, body: body.on('error', () => {}) };
}

async function get(url: URL, from: number, signal: AbortSignal): Promise<HttpAnswer> {
  try {
    return await httpGet(url, { headers: from > 0 ? { range: `bytes=${from}-` } : {}, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(url, error);
  }
}

function startsAt(from: number, size: number, contentRange = ''): boolean {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(contentRange) ?? [];
  return Number(start) === from && (total === '*' || Number(total) === size);
}

function wrongSize(url: URL, actual: number, size: number): DownloadError {
  return new DownloadError(
    'size_mismatch',
    `${shownUrl(url)} has ${actual} bytes; the feed says ${size}. Publish the artifact that the feed describes, then check the feed.`,
  );
}

function badStatus(url: URL, status: number): DownloadError {
  return new DownloadError(
    'bad_status',
    `${shownUrl(url)} answered with HTTP ${status}. Check that the feed's address still leads to the artifact.`,
  );
}

function unreachable(url: URL, error: unknown): DownloadError {
  return new DownloadError(
    'unreachable',
    `${shownUrl(url)} cannot be read: ${causeOf(error)}. Check the address and the line, then download again.`,
    { cause: error },
  );
}
