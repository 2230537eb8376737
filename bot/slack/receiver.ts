import { verifySlackRequest, type App, type Receiver } from '@slack/bolt';
import type { SlackConfig } from '../../server/config.ts';
import type { Context } from '../../server/services/context.ts';
import { takeSignature } from '../../server/services/slack/seen.ts';
import { arrivedNow, within, type Arrival } from './in-time.ts';

/** A dialog's state may be 250 KB, and form encoding triples it. */
const BODY_BYTES = 1024 * 1024;
/** Clocks differ, but nobody signs for tomorrow. Slack's own check looks at the past alone. */
const FUTURE_S = 60;
/** So long a replay is refused as such; what takes longer to tell is settled before anything is done. */
const TAKING_MS = 1_000;

/** Takes requests of Slack from any HTTP server that speaks fetch, and hands those that are Slack's to Bolt, each once. */
export interface FetchReceiver extends Receiver {
  /** Never rejects. 401: not signed by Slack, too old, of the future, or a replay; 413, 415, 400: no request of Slack's. */
  handle(request: Request): Promise<Response>;
}

export function fetchReceiver(ctx: Context, { signingSecrets }: Pick<SlackConfig, 'signingSecrets'>): FetchReceiver {
  let app: App | undefined;
  return {
    init: (bolt) => void (app = bolt),
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    handle: (request) =>
      answerTo(request).catch((error: unknown) => {
        ctx.log.error({ err: error }, 'slack: a request could not be taken');
        return plainText(503, 'Signalbox cannot take this right now.');
      }),
  };

  async function answerTo(request: Request): Promise<Response> {
    const signed = signatureOf(request.headers);
    const now = ctx.clock.now();
    if (!signed || signed.timestamp > Math.floor(now / 1000) + FUTURE_S) return plainText(401, 'Not signed for now.');
    const body = await textWithin(request, BODY_BYTES);
    if (body === null) return plainText(413, 'Too large.');
    if (!signingSecrets.some((secret) => isGood(secret, signed, body, now)))
      return plainText(401, 'Not signed by Slack.');
    const arrival = arrivedNow(takeSignature(ctx, signed.signature));
    // A database that takes its time, or is away, keeps nobody from an answer: whoever does something waits for it too.
    const first = await within(arrival.firstTime, TAKING_MS).catch(() => null);
    if (first?.done && !first.value) return plainText(401, 'Taken before.');
    const type = request.headers.get('content-type') ?? '';
    if (!type.startsWith('application/')) return plainText(415, 'Neither a form nor JSON.');
    const content = contentOf(type, body);
    if (!content) return plainText(400, 'Not understood.');
    if ('ssl_check' in content) return plainText(200, '');
    if (content['type'] === 'url_verification') return Response.json({ challenge: content['challenge'] });
    // Events are acknowledged before they are looked at: Slack brings this one again when it can be.
    if (first === null && 'event' in content) return plainText(503, 'Signalbox cannot take this right now.');
    return dispatched(content, request.headers, arrival);
  }

  /** Answers with what is acknowledged; whoever handles it goes on afterwards. */
  async function dispatched(body: Record<string, unknown>, headers: Headers, arrival: Arrival): Promise<Response> {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const retry = headers.get('x-slack-retry-num');
    const event = {
      body,
      customProperties: { arrival },
      ack: (value?: unknown) => Promise.resolve(resolve(responseOf(value))),
      ...(retry === null ? {} : { retryNum: Number(retry), retryReason: headers.get('x-slack-retry-reason') ?? '' }),
    };
    app?.processEvent(event).then(
      () => resolve(plainText(404, 'Nothing here handles this.')),
      (error: unknown) => {
        ctx.log.warn({ err: error }, 'slack: a signed request was not understood');
        resolve(plainText(400, 'Not understood.'));
      },
    );
    return promise;
  }
}

interface Signed {
  readonly signature: string;
  /** Seconds. */
  readonly timestamp: number;
}

/** Strict: what verifies leniently (`v0=<hash>=x`, `+123`) would be one signature under many names, each replayable. */
function signatureOf(headers: Headers): Signed | null {
  const signature = headers.get('x-slack-signature') ?? '';
  const timestamp = headers.get('x-slack-request-timestamp') ?? '';
  if (!/^v0=[0-9a-f]{64}$/.test(signature) || !/^[1-9]\d{9}$/.test(timestamp)) return null;
  return { signature, timestamp: Number(timestamp) };
}

function isGood(signingSecret: string, { signature, timestamp }: Signed, body: string, now: number): boolean {
  const headers = { 'x-slack-signature': signature, 'x-slack-request-timestamp': timestamp };
  try {
    verifySlackRequest({ signingSecret, body, headers, nowMilliseconds: now });
    return true;
  } catch {
    return false;
  }
}

/** The body as it came; null: it is longer than that, and the rest was not read. */
async function textWithin(request: Request, bytes: number): Promise<string | null> {
  if (Number(request.headers.get('content-length') ?? 0) > bytes) return null;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.byteLength;
    if (length > bytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function contentOf(type: string, body: string): Record<string, unknown> | null {
  if (type.startsWith('application/json')) return objectIn(body);
  if (!type.startsWith('application/x-www-form-urlencoded')) return null;
  const form = new URLSearchParams(body);
  const payload = form.get('payload');
  return payload === null ? Object.fromEntries(form) : objectIn(payload);
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function responseOf(value: unknown): Response {
  if (value === undefined || value === null || value === '') return plainText(200, '');
  return typeof value === 'string' ? plainText(200, value) : Response.json(value);
}

function plainText(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}
