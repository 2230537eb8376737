import type { Reason } from '../../server/domain/reason.ts';

/** What a failed call to Slack means for the message and for the queue. */
export type Fault =
  /** Too many calls: nothing is sent before `retryAfterMs` have passed. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  /** The message, or the one whose thread it belongs to, is not there any more: it is posted again. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'parent_gone' }
  /** Slack does not take this message, now or as it is: others go on. */
  | { readonly kind: 'refused'; readonly problem: Reason }
  /** Slack is away, or lets us do nothing: everything waits. `sent`: it may have done what it was asked for. */
  | { readonly kind: 'away'; readonly problem: Reason; readonly sent: boolean }
  /** The scope for this call is missing; the message itself is none the wiser. */
  | { readonly kind: 'no_scope'; readonly problem: Reason };

const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);
const PARENT_GONE = new Set(['thread_not_found', 'cannot_reply_to_message']);
const LIMITED = new Set(['ratelimited', 'rate_limited', 'message_limit_exceeded']);
const AWAY = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'accesslimited',
]);
/** Nothing can be sent at all until somebody mends it. */
const SHUT_OUT = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'org_login_required',
  'ekm_access_denied',
]);
const SCOPE = new Set(['missing_scope', 'no_permission', 'not_allowed_token_type']);

/** What to do about a channel, by Slack's code. */
const CHANNEL_ADVICE: Readonly<Record<string, string>> = {
  channel_not_found: 'there is no such channel, or the bot may not see it. Invite the bot, or set another channel.',
  not_in_channel: 'the bot is not in the channel. Invite it there.',
  is_archived: 'the channel is archived. Set another one.',
};

/** Connections that never came about: nothing was sent over them. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** `error`: whatever a call to Slack threw. */
export function faultOf(error: unknown): Fault {
  const { code, retryAfter, data, statusCode } = error as {
    code?: string;
    retryAfter?: number;
    data?: { error?: string; needed?: string };
    statusCode?: number;
  };
  if (code === 'slack_webapi_rate_limited_error') return { kind: 'limited', retryAfterMs: (retryAfter ?? 30) * 1_000 };
  if (code === 'slack_webapi_http_error') {
    return away('slack_unavailable', `Slack answered with HTTP ${statusCode ?? '?'}.`, true);
  }
  const answer = data?.error;
  if (answer === undefined)
    return away('slack_unreachable', `Slack cannot be reached: ${words(error)}`, maybeSent(error));
  if (LIMITED.has(answer)) return { kind: 'limited', retryAfterMs: 30_000 };
  if (GONE.has(answer)) return { kind: 'gone' };
  if (PARENT_GONE.has(answer)) return { kind: 'parent_gone' };
  if (AWAY.has(answer)) return away('slack_unavailable', `Slack answered ${answer}.`, true);
  if (SHUT_OUT.has(answer)) {
    return away(answer, `Slack refuses the bot's token (${answer}). Run signalbox slack doctor.`, false);
  }
  const problem = { code: answer, sentence: sentenceOf(answer, data?.needed) };
  return SCOPE.has(answer) ? { kind: 'no_scope', problem } : { kind: 'refused', problem };
}

function sentenceOf(answer: string, needed: string | undefined): string {
  const advice = CHANNEL_ADVICE[answer];
  if (advice !== undefined) return `Slack refused the message (${answer}): ${advice}`;
  const scope = needed === undefined ? '' : ` The bot needs the scope ${needed}.`;
  return `Slack refused the message (${answer}).${scope} Run signalbox slack doctor.`;
}

function away(code: string, sentence: string, sent: boolean): Fault {
  return { kind: 'away', problem: { code, sentence }, sent };
}

/** A request that broke off may have arrived. */
function maybeSent(error: unknown): boolean {
  return !codesOf(error).some((code) => NEVER_SENT.has(code));
}

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = (at as { original?: unknown }).original ?? at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') codes.push(code);
    if (at instanceof AggregateError) codes.push(...at.errors.flatMap(codesOf));
  }
  return codes;
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
