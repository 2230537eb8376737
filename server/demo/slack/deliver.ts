import { createHmac } from 'node:crypto';
import type { Json, Workspace } from './workspace.ts';

export type PayloadKind = 'slash_commands' | 'interactive' | 'events_api';

/** What became of something that Slack sent to the app. `answer`: its body, parsed; null when it was empty. */
export interface Delivered {
  readonly outcome: 'ok' | 'refused' | 'timeout' | 'unreachable';
  readonly status: number | null;
  readonly answer: unknown;
}

export type Deliver = (kind: PayloadKind, payload: Json, headers?: Record<string, string>) => Promise<Delivered>;

export interface SignedRequest {
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** A request as Slack makes it: a form for commands and interactions, JSON for events, signed with the app's secret. */
export function signedRequest(workspace: Workspace, kind: PayloadKind, payload: Json): SignedRequest {
  const body = bodyOf(kind, payload);
  const type = kind === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded';
  return { body, headers: { 'content-type': type, ...signatureOf(workspace, body) } };
}

export function signatureOf({ signingSecret, now }: Workspace, body: string): Record<string, string> {
  const timestamp = String(Math.floor(now() / 1_000));
  const mac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${mac}`,
  };
}

/** Sends to one address everything that the app is to get, as Slack does without Socket Mode. */
export function deliverTo(workspace: Workspace, url: () => string): Deliver {
  return async (kind, payload, more = {}) => {
    const { body, headers } = signedRequest(workspace, kind, payload);
    try {
      const response = await fetch(url(), {
        method: 'POST',
        body,
        headers: { ...headers, ...more },
        signal: AbortSignal.timeout(workspace.patienceMs),
      });
      const text = await response.text();
      const outcome = response.ok ? ('ok' as const) : ('refused' as const);
      return { outcome, status: response.status, answer: parsed(text, response.headers.get('content-type')) };
    } catch (error) {
      const timeout = error instanceof Error && error.name === 'TimeoutError';
      return { outcome: timeout ? 'timeout' : 'unreachable', status: null, answer: null };
    }
  };
}

function bodyOf(kind: PayloadKind, payload: Json): string {
  if (kind === 'events_api') return JSON.stringify(payload);
  if (kind === 'interactive') return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  return new URLSearchParams(Object.entries(payload).map(([key, value]) => [key, String(value)])).toString();
}

function parsed(text: string, type: string | null): unknown {
  if (text === '') return null;
  return type?.startsWith('application/json') ? (JSON.parse(text) as unknown) : text;
}
