import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Context as HttpContext, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { clientReport, clientReportAnswer, downstreamFeed } from '../contracts/downstream.ts';
import { Refusal } from '../contracts/errors.ts';
import type { Context } from '../services/context.ts';
import { clientArtifact, type ClientArtifact } from '../services/client/artifact.ts';
import { readClientFeed, reportOfClient, type FeedRequest } from '../services/client/feed.ts';
import { API_PREFIX } from './endpoints.ts';
import { bodyOf } from './input.ts';

const name = z.string().min(1).max(63);
const feedInput = z.object({ product: name, channel: name });

/** What clients of a channel call, each under its own token: another kind of caller than people and API tokens. */
export const clientRoutes = {
  'feed.read': {
    method: 'GET',
    path: '/feed/:product/:channel',
    summary: 'The downstream feed; answers 304 to the ETag of what the client has, which says that it has it whole',
    type: 'application/json',
    input: feedInput,
    output: downstreamFeed,
  },
  'feed.artifact': {
    method: 'GET',
    path: '/feed/:product/:channel/releases/:version/artifact',
    summary: 'The artifact of a release; refused for one that is demoted or recalled',
    type: 'application/octet-stream',
    input: feedInput.extend({ version: z.string().min(1).max(200) }),
    output: null,
  },
  'feed.report': {
    method: 'POST',
    path: '/feed/:product/:channel/report',
    summary: 'What the client says of itself: that it has an answer whole, what it deployed',
    type: 'application/json',
    input: feedInput.extend(clientReport.shape),
    output: clientReportAnswer,
  },
} as const;

const REPORT_BYTES = 16 * 1024;

/** Registers the routes of clients. An artifact travels with its digest, so that a cut line cannot pass for a whole file. */
export function registerClientRoutes<E extends object>(app: Hono<E>, ctx: Context): void {
  app.get(API_PREFIX + clientRoutes['feed.read'].path, async (c) => {
    const { tag, content } = await readClientFeed(ctx, requestOf(c), ifNoneMatch(c));
    const headers = { etag: tag, 'cache-control': 'private, no-cache', vary: 'authorization' };
    if (content === null) return c.body(null, 304, headers);
    return c.body(content, 200, { ...headers, 'content-type': 'application/json' });
  });
  app.get(API_PREFIX + clientRoutes['feed.artifact'].path, async (c) => {
    return sendArtifact(c, await clientArtifact(ctx, { ...requestOf(c), version: param(c, 'version') }));
  });
  app.post(
    API_PREFIX + clientRoutes['feed.report'].path,
    bodyLimit({ maxSize: REPORT_BYTES, onError: () => tooLarge() }),
    async (c) => {
      const report = clientReport.safeParse(await bodyOf(c));
      if (!report.success) throw malformed(report.error);
      const answer = await reportOfClient(ctx, requestOf(c), report.data);
      return c.json(clientReportAnswer.parse(answer), 200, { 'cache-control': 'no-store' });
    },
  );
}

/** A file of this server to a client. */
export async function sendArtifact(
  c: HttpContext,
  { path, name: file, size, digest }: ClientArtifact,
): Promise<Response> {
  const content = Readable.toWeb((await opened(path, file)).createReadStream()) as ReadableStream;
  return c.body(content, 200, {
    'content-type': 'application/octet-stream',
    'content-length': String(size),
    'content-disposition': `attachment; filename="${file}"`,
    'repr-digest': `sha-256=:${Buffer.from(digest, 'hex').toString('base64')}:`,
    'cache-control': 'private, no-cache',
  });
}

/** Opened before the answer begins: a file that is gone is a refusal, not half an answer. */
async function opened(path: string, file: string): Promise<FileHandle> {
  return open(path).catch(() => {
    throw new Refusal(
      'unavailable',
      `Download of ${file} refused: it is not on the disk of this server. Try again later.`,
    );
  });
}

/** Whose feed is asked for. Helm can send the token only as the password of basic authentication. */
export function requestOf(c: HttpContext): FeedRequest {
  return {
    secret: secretIn(c.req.header('authorization')),
    product: param(c, 'product'),
    channel: param(c, 'channel'),
  };
}

function secretIn(authorization = ''): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^Basic +(\S+)$/i.exec(authorization)?.[1];
  if (basic === undefined) return undefined;
  const text = Buffer.from(basic, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}

/** One tag, weak or not: whoever compresses on the way marks it as weak. */
function ifNoneMatch(c: HttpContext): string | undefined {
  return c.req.header('if-none-match')?.replace(/^W\//, '');
}

function param(c: HttpContext, field: string): string {
  return c.req.param(field) ?? '';
}

function tooLarge(): never {
  throw new Refusal('too_large', 'Report refused: it is too large. Send etag and deployed, nothing else.');
}

function malformed(error: z.ZodError): Refusal {
  const errors = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const listed = errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return new Refusal('malformed', `Report refused: ${listed}`, { errors });
}
