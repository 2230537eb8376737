import type { Context as HttpContext, Hono } from 'hono';
import { gunzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { idParam } from '../contracts/endpoint.ts';
import type { BoardPart } from '../contracts/live.ts';
import type { Action } from '../domain/permission.ts';
import type { Context } from '../services/context.ts';
import { streamEvidence } from '../services/evidence/stream.ts';
import { streamTaskLog } from '../services/task/read-log.ts';
import { demand } from '../services/verb.ts';
import { callerOf, signedIn } from './caller.ts';
import { API_PREFIX } from './endpoints.ts';
import { inputOf } from './input.ts';
import { z } from 'zod';

/** The board as JSON, compressed once per cursor however many screens ask. */
export interface CompressedSnapshot {
  gzip: Uint8Array;
  /** Quoted, as the header wants it. */
  etag: string;
}

/** What is no JSON endpoint of the table, and yet part of the API. */
export const streams = {
  'board.show': {
    path: '/board',
    action: 'board.read',
    summary: 'Snapshot of the board, shelves as columns, with the cursor it stands at; go on with board:follow',
    type: 'application/json',
    input: z.object({ part: z.enum(['whole', 'wall'] satisfies BoardPart[]).default('whole') }),
  },
  'tasks.logText': {
    path: '/tasks/:id/log.txt',
    action: 'log.read',
    summary: 'The whole log of a task, as stored so far',
    type: 'text/plain',
    input: z.object({ id: idParam }),
  },
  'jobs.evidence': {
    path: '/jobs/:id/evidence.tar.gz',
    action: 'evidence.read',
    summary: 'Everything about a job in one archive: hosts, timeline, approvals, logs, configuration, checksums',
    type: 'application/gzip',
    input: z.object({ id: idParam }),
  },
} as const satisfies Record<
  string,
  { path: string; action: Action; summary: string; type: string; input: z.ZodObject }
>;

export function registerStreams<E extends object>(
  app: Hono<E>,
  ctx: Context,
  snapshot: (part: BoardPart) => Promise<CompressedSnapshot>,
): void {
  app.get(API_PREFIX + streams['board.show'].path, async (c) => {
    await admit(ctx, c, streams['board.show'].action);
    const { input } = streams['board.show'];
    const { part } = input.parse(await inputOf(c, input));
    return answerSnapshot(c, await snapshot(part));
  });
  app.get(API_PREFIX + streams['tasks.logText'].path, async (c) => {
    const actor = await admit(ctx, c, streams['tasks.logText'].action);
    const { id } = streams['tasks.logText'].input.parse(await inputOf(c, streams['tasks.logText'].input));
    const chunks = await streamTaskLog.run(ctx, actor, { id });
    return c.body(Readable.toWeb(Readable.from(chunks)) as ReadableStream, 200, {
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="task-${id}.log"`,
      'cache-control': 'no-store',
    });
  });
  app.get(API_PREFIX + streams['jobs.evidence'].path, async (c) => {
    const actor = await admit(ctx, c, streams['jobs.evidence'].action);
    const { id } = streams['jobs.evidence'].input.parse(await inputOf(c, streams['jobs.evidence'].input));
    const { name, content } = await streamEvidence.run(ctx, actor, { id });
    return c.body(Readable.toWeb(content) as ReadableStream, 200, {
      'content-type': 'application/gzip',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
    });
  });
}

async function admit(ctx: Context, c: HttpContext, action: Action) {
  const actor = signedIn(await callerOf(ctx, c));
  demand(actor, action);
  return actor;
}

function answerSnapshot(c: HttpContext, { gzip, etag }: CompressedSnapshot): Response {
  const headers = { etag, 'cache-control': 'private, no-cache', vary: 'accept-encoding' };
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
  const type = { 'content-type': 'application/json' };
  if (/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) {
    return c.body(bytesOf(gzip), 200, { ...headers, ...type, 'content-encoding': 'gzip' });
  }
  return c.body(bytesOf(gunzipSync(gzip)), 200, { ...headers, ...type });
}

function bytesOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
