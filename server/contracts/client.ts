import { api, type Api, type EndpointName } from './api.ts';
import type { InputOf, OutputOf } from './endpoint.ts';
import { problemSchema, type ProblemDocument } from './errors.ts';

/**
 * The typed client of /api/v1, for console and CLI alike. Browser-safe: it needs `fetch` and `crypto.getRandomValues` only.
 */
export interface ClientOptions {
  /** Where the server is, without a path: `https://signalbox.example`. Empty in the browser: the page's own origin. */
  baseUrl?: string;
  /** An API token. Without one the browser's session cookie speaks. */
  token?: string | undefined;
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Repeating a call with the same key changes nothing and gives the same answer. Default: a new key per call. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Client {
  /** Throws `ProblemError`, whatever goes wrong: refused, not reachable, or an answer that nobody understands. */
  call<N extends EndpointName>(name: N, input: InputOf<Api[N]>, options?: CallOptions): Promise<OutputOf<Api[N]>>;
}

/** A problem document as an error. `status` 0: no answer at all. */
export class ProblemError extends Error {
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

const API_PREFIX = '/api/v1';
/** How often a call is repeated while the same key is still being worked on elsewhere, e.g. after a double click. */
const IN_PROGRESS_TRIES = 5;

export function createClient(options: ClientOptions = {}): Client {
  const send = options.fetch ?? fetch;
  return {
    async call(name, input, callOptions = {}) {
      const request = requestOf(name, input, options, callOptions);
      const answer = await answered(send, request);
      const parsed = api[name].output.safeParse(answer);
      if (parsed.success) return parsed.data as OutputOf<Api[typeof name]>;
      throw local(
        'not_understood',
        `${name} was answered in a form this client does not know (${parsed.error.issues[0]?.path.join('.')}). Bring client and server to the same version.`,
      );
    },
  };
}

/** Where an endpoint is and what goes into path, query and body. */
export function addressOf(name: EndpointName, input: Record<string, unknown>) {
  const { method, path } = api[name];
  const rest = { ...input };
  const filled = path.replace(/:(\w+)/g, (_, field: string) => {
    const value = rest[field];
    delete rest[field];
    return encodeURIComponent(String(value));
  });
  if (method === 'POST' || method === 'PATCH') return { method, path: API_PREFIX + filled, body: rest };
  const query = new URLSearchParams();
  for (const [field, value] of Object.entries(rest)) if (value !== undefined) query.set(field, String(value));
  return { method, path: API_PREFIX + filled + (query.size > 0 ? `?${query}` : ''), body: undefined };
}

function requestOf(name: EndpointName, input: object, { baseUrl = '', token }: ClientOptions, call: CallOptions) {
  const { method, path, body } = addressOf(name, { ...input });
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && !api[name].safe) headers['idempotency-key'] = call.idempotencyKey ?? newIdempotencyKey();
  return {
    url: baseUrl.replace(/\/+$/, '') + path,
    init: { method, headers, body: body && JSON.stringify(body), signal: call.signal ?? null } satisfies RequestInit,
  };
}

/** `crypto.randomUUID` is missing on plain http pages. */
function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The body of what is no JSON endpoint, an archive for one, as it arrives. `path` begins with /api/v1. Throws `ProblemError`. */
export async function openDownload(
  { baseUrl = '', token, fetch: send = fetch }: ClientOptions,
  path: string,
): Promise<ReadableStream<Uint8Array>> {
  const url = baseUrl.replace(/\/+$/, '') + path;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await reached(send, { url, init: { headers } });
  if (!response.ok) throw await problemIn(response, url);
  return response.body ?? new Blob().stream();
}

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

async function answered(send: typeof fetch, request: Sent): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await reached(send, request);
    if (response.ok) return response.json().catch(() => undefined);
    const error = await problemIn(response, request.url);
    if (error.problem.code !== 'in_progress' || attempt === IN_PROGRESS_TRIES) throw error;
    await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
  }
}

async function reached(send: typeof fetch, { url, init }: Sent): Promise<Response> {
  return send(url, init).catch((cause: unknown) => {
    if (init.signal?.aborted) throw cause;
    throw local(
      'unreachable',
      `${url} does not answer (${causeOf(cause)}). Check the address and that the server runs.`,
    );
  });
}

async function problemIn(response: Response, url: string): Promise<ProblemError> {
  const problem = problemSchema.safeParse(await response.json().catch(() => undefined));
  if (problem.success) return new ProblemError(problem.data);
  return local(
    'not_understood',
    `${url} answered ${response.status} without a problem document. Is that a Signalbox server?`,
  );
}

/** Node hides the reason (`ECONNREFUSED`) in `cause`; browsers say nothing at all. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return 'no reason given';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

function local(code: 'unreachable' | 'not_understood', detail: string): ProblemError {
  const title = code === 'unreachable' ? 'The server does not answer' : 'The answer was not understood';
  return new ProblemError({ type: 'about:blank', title, status: 0, code, detail });
}
