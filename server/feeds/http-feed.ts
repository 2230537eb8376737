import { parseFeedIndex, type FeedIndex, type FeedIndexRelease } from '../contracts/feed.ts';
import { hookSpecs } from '../contracts/package.ts';
import { problemLines } from '../contracts/parse-problem.ts';
import { FeedError } from './feed-error.ts';
import { causeOf, httpGet, shownUrl, type HttpAnswer } from './http-get.ts';
import type { FeedReading, FeedRelease, ReadFeedOptions } from './feed-reading.ts';

const INDEX_LIMIT_BYTES = 32 * 1024 * 1024;
const LISTED_PROBLEMS = 20;

/** Reads an index over HTTP. Throws FeedError. */
export async function readHttpFeed(address: string, options: ReadFeedOptions): Promise<FeedReading> {
  const url = URL.parse(address);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new FeedError('unreachable', `The feed "${address}" is no http(s) address. Correct the product's feed.`);
  }
  const timeoutMs = options.timeoutMs ?? 30_000;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
  try {
    return await readIndex(url, options, signal);
  } catch (error) {
    if (error instanceof FeedError) throw error;
    const [code, cause] = options.signal?.aborted
      ? (['cancelled', 'the reading was cancelled'] as const)
      : timeout.aborted
        ? (['timeout', `no complete answer within ${timeoutMs} ms`] as const)
        : (['unreachable', causeOf(error)] as const);
    throw new FeedError(
      code,
      `The feed ${shownUrl(url)} cannot be read: ${cause}. Check the address and the line, then check the feed again.`,
      { cause: error },
    );
  }
}

async function readIndex(url: URL, options: ReadFeedOptions, signal: AbortSignal): Promise<FeedReading> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.etag !== undefined) headers['if-none-match'] = options.etag;
  const answer = await httpGet(url, { headers, signal });
  try {
    if (answer.status === 304 && options.etag !== undefined) return { kind: 'unchanged', etag: options.etag };
    if (answer.status !== 200) {
      throw new FeedError(
        'bad_status',
        `The feed ${shownUrl(url)} answered with HTTP ${answer.status}. Check that the address still leads to an index.json.`,
      );
    }
    const content = await readBody(answer, options.indexLimitBytes ?? INDEX_LIMIT_BYTES, url);
    const index = parseIndex(content, url, options.product);
    const releases = index.releases.map((release, at) => feedRelease(release, at, answer.url));
    return { kind: 'read', releases, problems: [], etag: answer.headers.etag };
  } finally {
    answer.body.destroy();
  }
}

async function readBody({ body }: HttpAnswer, limit: number, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > limit) {
      throw new FeedError(
        'too_large',
        `The index ${shownUrl(url)} is larger than ${limit} bytes. Remove old releases from it.`,
      );
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parseIndex(content: Buffer, url: URL, product: string): FeedIndex {
  const parsed = parseFeedIndex(parseJson(content, url));
  if (!parsed.ok) {
    const lines = problemLines(parsed.problems.slice(0, LISTED_PROBLEMS));
    const more = parsed.problems.length - lines.length;
    if (more > 0) lines.push(`and ${more} more`);
    throw malformed(url, `it does not fit the schema at /schemas/feed-index.json:\n  ${lines.join('\n  ')}`);
  }
  if (parsed.value.product !== product) {
    throw new FeedError(
      'wrong_product',
      `The feed ${shownUrl(url)} is of product "${parsed.value.product}", not "${product}". Correct the product's feed.`,
    );
  }
  return parsed.value;
}

function parseJson(content: Buffer, url: URL): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (error) {
    throw malformed(url, `it is not JSON (${causeOf(error)})`);
  }
}

function feedRelease(release: FeedIndexRelease, at: number, base: URL): FeedRelease {
  const { artifact, signature, hooks, publishedAt, ...said } = release;
  return {
    ...said,
    artifact: resolved(artifact, base, `releases[${at}].artifact`),
    signature: signature === undefined ? undefined : resolved(signature, base, `releases[${at}].signature`),
    notes: said.notes ?? '',
    labels: said.labels ?? {},
    required: said.required ?? false,
    hooks: hooks && hookSpecs(hooks),
    publishedAt: publishedAt === undefined ? undefined : Date.parse(publishedAt),
  };
}

/** Only the web: an index that says `file:///etc/shadow` must not make the server read it. */
function resolved(address: string, base: URL, path: string): URL {
  const url = URL.parse(address, base);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw malformed(
    base,
    `${path}: "${address}" is no http(s) address. Write a path relative to the index, or a whole URL`,
  );
}

function malformed(url: URL, cause: string): FeedError {
  return new FeedError(
    'malformed',
    `The index ${shownUrl(url)} cannot be used: ${cause}. Correct it and check the feed again.`,
  );
}
