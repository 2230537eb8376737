import { z } from 'zod';
import type { SlackConfig } from '../server/config.ts';
import { durationText } from '../server/domain/wording.ts';
import { SCOPES, scopesFor } from './manifest.ts';

/** One thing that was looked at. `warn`: it works without, or cannot be told. */
export interface Finding {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly what: string;
  /** What was seen; where it is not well, what to do. */
  readonly sentence: string;
}

/** Slack refuses what is older than 5 minutes, we what is more than 60 s ahead. */
const SKEW_MS = 30_000;
const PATIENCE_MS = 10_000;

const answerSchema = z.looseObject({
  ok: z.boolean(),
  error: z.string().optional(),
  team_id: z.string().optional(),
  team: z.string().optional(),
  user: z.string().optional(),
  bot_id: z.string().optional(),
  channel: z
    .looseObject({
      name: z.string().optional(),
      is_member: z.boolean().optional(),
      is_archived: z.boolean().optional(),
      is_ext_shared: z.boolean().optional(),
    })
    .optional(),
});
type Called = z.output<typeof answerSchema> & { readonly headers: Headers };

export interface Patient {
  readonly slack: SlackConfig;
  /** How people, and without Socket Mode Slack, reach the server. */
  readonly serverUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Looks at everything between this configuration and Slack, and posts nothing. */
export async function examine({ slack, serverUrl, now }: Patient): Promise<readonly Finding[]> {
  const asked = now();
  const test = await call(slack, slack.botToken, 'auth.test');
  if (typeof test === 'string') return [finding('fail', 'Slack', away(slack, test))];
  return [
    tokenFinding(test),
    ...(test.ok ? [teamFinding(test, slack), ...scopeFindings(test, slack)] : []),
    skewFinding(test.headers.get('date'), (asked + now()) / 2),
    await transportFinding(slack, serverUrl),
    ...(test.ok ? await channelFindings(slack) : []),
  ];
}

/** What Slack answered, or why it did not. */
async function call(
  { apiUrl }: SlackConfig,
  token: string,
  method: string,
  args: Record<string, string> = {},
): Promise<Called | string> {
  try {
    const response = await fetch(apiUrl + method, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(args).toString(),
    });
    if (!response.ok) return `status ${response.status}`;
    return { ...answerSchema.parse(await response.json()), headers: response.headers };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}

function tokenFinding({ ok, error, user, team, bot_id: botId }: Called): Finding {
  if (!ok)
    return finding('fail', 'bot token', `Slack refuses it (${error}). Install the app again and set SLACK_BOT_TOKEN.`);
  if (botId === undefined)
    return finding('fail', 'bot token', 'it is not that of a bot. Set the token that begins with xoxb-.');
  return finding('ok', 'bot token', `is that of ${user} in ${team}`);
}

function teamFinding({ team_id: team = '' }: Called, { teams }: SlackConfig): Finding {
  if (teams.includes(team)) return finding('ok', 'workspace', `${team} is allowed`);
  return finding(
    'fail',
    'workspace',
    `${team} is not among SLACK_TEAMS (${teams.join(', ')}). Add it, or use its own token.`,
  );
}

function scopeFindings({ headers }: Called, slack: SlackConfig): Finding[] {
  const header = headers.get('x-oauth-scopes');
  if (header === null) return [finding('warn', 'scopes', 'Slack does not tell which the token has')];
  const granted = new Set(header.split(',').map((scope) => scope.trim()));
  const missing = scopesFor(slack).filter((scope) => !granted.has(scope));
  if (missing.length === 0) return [finding('ok', 'scopes', 'all are there')];
  return missing.map((scope) =>
    finding(
      /:(read|history)$/.test(scope) && /^(channels|groups)/.test(scope) ? 'warn' : 'fail',
      `scope ${scope}`,
      `is missing; it is for ${SCOPES[scope] ?? 'matching e-mails'}. Add it (signalbox slack manifest) and install the app again.`,
    ),
  );
}

function skewFinding(date: string | null, now: number): Finding {
  const theirs = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return finding('warn', 'clock', 'Slack did not tell its time');
  // It has whole seconds: what it was cut by is half of one on average.
  const skew = now - theirs - 500;
  const words = `differs from Slack's by ${durationText(Math.abs(Math.round(skew / 1_000)) * 1_000)}`;
  if (Math.abs(skew) <= SKEW_MS) return finding('ok', 'clock', words);
  return finding(
    'fail',
    'clock',
    `${words}: requests will be refused as stale or of the future. Set the clock of this machine (NTP).`,
  );
}

async function transportFinding(slack: SlackConfig, serverUrl: string): Promise<Finding> {
  if (slack.appToken !== null) {
    const opened = await call(slack, slack.appToken, 'apps.connections.open');
    if (typeof opened === 'string') return finding('fail', 'Socket Mode', away(slack, opened));
    if (opened.ok) return finding('ok', 'Socket Mode', 'the app token opens a connection');
    return finding(
      'fail',
      'Socket Mode',
      `the app token is refused (${opened.error}). It needs connections:write, and Socket Mode has to be on in the app's settings.`,
    );
  }
  const address = `${serverUrl}/slack/events`;
  if (address.startsWith('https://')) return finding('ok', 'HTTP', `Slack is to send to ${address}`);
  return finding(
    'fail',
    'HTTP',
    `Slack sends to https only, not to ${address}. Set SIGNALBOX_URL, or use Socket Mode (SLACK_APP_TOKEN).`,
  );
}

async function channelFindings(slack: SlackConfig): Promise<Finding[]> {
  const channels = [...new Set([slack.channel, slack.escalation])].filter((channel) => channel !== null);
  if (channels.length === 0) {
    return [
      finding('warn', 'channels', 'SLACK_CHANNEL is not set: only products and environments with their own get cards'),
    ];
  }
  return Promise.all(channels.map((channel) => channelFinding(slack, channel)));
}

async function channelFinding(slack: SlackConfig, id: string): Promise<Finding> {
  const what = `channel ${id}`;
  const found = await call(slack, slack.botToken, 'conversations.info', { channel: id });
  if (typeof found === 'string') return finding('fail', what, away(slack, found));
  if (found.error === 'missing_scope')
    return finding('warn', what, 'cannot be looked at without channels:read and groups:read');
  if (!found.ok)
    return finding('fail', what, `${found.error}. Take its ID from its details; invite the bot if it is private.`);
  const { name, is_member: member, is_archived: archived, is_ext_shared: shared } = found.channel ?? {};
  if (archived) return finding('fail', what, `#${name} is archived. Set another one.`);
  if (!member) return finding('fail', what, `the bot is not in #${name}. Type there: /invite @signalbox`);
  if (shared) return finding('fail', what, `#${name} is shared with another organization. Use one of your own.`);
  return finding('ok', what, `the bot is in #${name}`);
}

function away({ apiUrl }: SlackConfig, why: string): string {
  return `${new URL(apiUrl).origin} does not answer (${why}). Check the way out of this machine: proxy, firewall, name service.`;
}

function finding(state: Finding['state'], what: string, sentence: string): Finding {
  return { state, what, sentence };
}
