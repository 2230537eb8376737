import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A web server on this machine only, for a folder of packages with its `index.json`. */
export interface FeedServer {
  /** `http://127.0.0.1:<port>/`; the index is at `index.json`. */
  readonly url: string;
  /** Ends the connections too. */
  close(): Promise<void>;
}

/** What will be answered; `file` is sent from `start` up to and including `end`. */
export interface FileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly file?: { readonly path: string; readonly start: number; readonly end: number } | undefined;
}

const TYPES: Readonly<Record<string, string>> = { '.json': 'application/json', '.gz': 'application/gzip' };

/** Serves a folder with ETag, If-None-Match, Range and If-Range. `port` 0 lets the system choose. */
export async function startFeedServer(options: { folder: string; port?: number | undefined }): Promise<FeedServer> {
  return listen(options.port ?? 0, async (request, response) => {
    await sendAnswer(await answerFile(options.folder, request), request, response);
  });
}

/** Starts a server on loopback around a handler; a handler that fails ends the connection. */
export async function listen(
  port: number,
  handle: (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>,
): Promise<FeedServer> {
  const server = http.createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Decides the answer to a GET or HEAD for one file of the folder. */
export async function answerFile(folder: string, request: http.IncomingMessage): Promise<FileAnswer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } };
  const name = fileName(request.url ?? '/');
  const path = join(folder, name ?? '');
  const found = name === null ? null : await stat(path, { bigint: true }).catch(() => null);
  if (!found?.isFile()) return { status: 404, headers: {} };
  const size = Number(found.size);
  const etag = `"${found.ino.toString(36)}-${found.size.toString(36)}-${found.mtimeNs.toString(36)}"`;
  const type = Object.entries(TYPES).find(([ending]) => path.endsWith(ending))?.[1] ?? 'application/octet-stream';
  const headers = { etag, 'accept-ranges': 'bytes', 'content-type': type };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers };
  const range = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const part = range ? parseRange(request.headers.range, size) : null;
  if (part === 'unsatisfiable') return { status: 416, headers: { ...headers, 'content-range': `bytes */${size}` } };
  const { start, end } = part ?? { start: 0, end: size - 1 };
  const whole = { ...headers, 'content-length': end - start + 1 };
  const file = { path, start, end };
  if (part === null) return { status: 200, headers: whole, file };
  return { status: 206, headers: { ...whole, 'content-range': `bytes ${start}-${end}/${size}` }, file };
}

export async function sendAnswer(
  { status, headers, file }: FileAnswer,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  response.writeHead(status, headers);
  if (!file || request.method === 'HEAD' || file.end < file.start) response.end();
  else await pipeline(createReadStream(file.path, { start: file.start, end: file.end }), response);
}

/** Only plain names directly in the folder: no sub-folders, no hidden files, no way out. */
function fileName(target: string): string | null {
  const url = URL.parse(target, 'http://feed.invalid');
  try {
    const name = decodeURIComponent(url?.pathname.slice(1) ?? '');
    return name === '' || name.startsWith('.') || /[/\\\u0000]/.test(name) ? null : name;
  } catch {
    return null;
  }
}

/** One range of bytes; anything else (several ranges, other units) is answered with the whole file, as RFC 9110 allows. */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start >= size || start > end ? 'unsatisfiable' : { start, end };
}
