import http from 'node:http';
import https from 'node:https';

/** What a server answered. Whoever gets it reads `body` to its end or destroys it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: http.IncomingMessage;
  /** Where the answer came from in the end, after redirects. */
  readonly url: URL;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 5;

/**
 * One GET over HTTP or HTTPS that follows redirects. The body arrives exactly as it was sent: `fetch` would unpack a package
 * that a web server labels `Content-Encoding: gzip`, and its digest would never fit. Rejects with the error of the network.
 */
export async function httpGet(
  url: URL,
  options: { headers?: Readonly<Record<string, string>> | undefined; signal: AbortSignal },
): Promise<HttpAnswer> {
  let at = url;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const body = await request(at, options);
    const { statusCode: status = 0, headers } = body;
    if (!REDIRECTS.has(status) || headers.location === undefined) return { status, headers, body, url: at };
    body.destroy();
    at = redirectTarget(at, headers.location);
  }
  throw new Error(`it redirects more than ${MAX_REDIRECTS} times`);
}

/** An address for messages and logs: without password and query, where tokens travel. */
export function shownUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  const query = shown.search === '' ? '' : '?…';
  shown.search = '';
  return shown.href + query;
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the host name cannot be resolved now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'the connection timed out',
  CERT_HAS_EXPIRED: 'its TLS certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its TLS certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its TLS certificate is signed by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its TLS certificate is signed by an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its TLS certificate is for another host name',
  ENOENT: 'no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a folder',
};

/** Why the network or the file system said no, in words. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  return CAUSES[code] ?? (first === undefined ? error.message : causeOf(first));
}

function request(
  url: URL,
  { headers, signal }: { headers?: Readonly<Record<string, string>> | undefined; signal: AbortSignal },
): Promise<http.IncomingMessage> {
  const protocol = url.protocol === 'https:' ? https : http;
  const sent = { 'user-agent': 'signalbox', 'accept-encoding': 'identity', ...headers };
  return new Promise((resolve, reject) => {
    const asked = protocol.get(url, { headers: sent, signal });
    // The body's errors reach whoever reads it; before that nobody listens, and they would end the process.
    asked.once('response', (answer) => resolve(answer.on('error', () => {})));
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // A kept connection that the server closed meanwhile says nothing about the server: ask on a new one.
      if (asked.reusedSocket && error.code === 'ECONNRESET') resolve(request(url, { headers, signal }));
      else reject(error);
    });
  });
}

/** Where a redirect leads. One from HTTPS to HTTP would hand the feed to whoever sits on the line: it throws. */
export function redirectTarget(from: URL, location: string): URL {
  const to = URL.parse(location, from);
  if (to === null || (to.protocol !== 'https:' && to.protocol !== from.protocol)) {
    throw new Error(`it redirects to ${to === null ? 'an invalid address' : shownUrl(to)}, which is not followed`);
  }
  return to;
}
