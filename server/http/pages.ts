import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { Context as HttpContext, Hono } from 'hono';
import { compress } from 'hono/compress';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Signalbox</title>
<h1>The dashboard is not built</h1>
<p>The server runs and its API answers. To get the pages, stop it and start it with <code>npm start</code>,
or run <code>npm run build</code> and load this page again.</p>
`;

/**
 * The built dashboard. Names under /assets/ carry a hash of their content and are kept for a year; everything else is
 * asked for again each time, so that a new build is seen at the next load.
 */
export function registerPages<E extends object>(app: Hono<E>, folder: string): void {
  app.use('*', compress());
  app.get('*', async (c) => {
    const path = decodedPath(c.req.path);
    const file = path === undefined ? undefined : await fileAt(folder, path);
    if (file !== undefined) return answerFile(c, file, path?.startsWith('/assets/') === true);
    if (path === undefined || extname(path) !== '') return c.notFound();
    const page = await fileAt(folder, pageAt(path));
    return page === undefined ? c.html(NOT_BUILT, 503, { 'cache-control': 'no-cache' }) : answerFile(c, page, false);
  });
}

function pageAt(path: string): string {
  if (path === '/wall/pair') return '/pair.html';
  return path === '/wall' || path.startsWith('/wall/') ? '/wall.html' : '/index.html';
}

interface PageFile {
  path: string;
  size: number;
  etag: string;
}

async function fileAt(folder: string, path: string): Promise<PageFile | undefined> {
  const file = normalize(join(folder, path));
  if (!file.startsWith(normalize(folder) + sep)) return undefined;
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  return {
    path: file,
    size: found.size,
    etag: `"${found.size.toString(36)}-${Math.floor(found.mtimeMs).toString(36)}"`,
  };
}

function answerFile(c: HttpContext, file: PageFile, forever: boolean): Response {
  const headers = {
    'content-type': TYPES[extname(file.path)] ?? 'application/octet-stream',
    'cache-control': forever ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: file.etag,
  };
  // Compressed answers carry the tag as a weak one.
  if (c.req.header('if-none-match')?.replace(/^W\//, '') === file.etag) return c.body(null, 304, headers);
  const body = Readable.toWeb(createReadStream(file.path)) as ReadableStream;
  return c.body(body, 200, { ...headers, 'content-length': String(file.size) });
}

function decodedPath(path: string): string | undefined {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes('\0') ? undefined : decoded;
  } catch {
    return undefined;
  }
}
