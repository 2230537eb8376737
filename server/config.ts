import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

const milliseconds = (fallback: number) => z.coerce.number().int().min(1).default(fallback);
/** Channels are named by ID: names change. */
const slackChannel = z.string().regex(/^[CG][A-Z0-9]{6,20}$/, 'must be the ID of a channel, such as C024BE91L');
/** 32 bytes in base64, as `openssl rand -base64 32` gives them. */
export const SECRET_KEY = /^[A-Za-z0-9+/]{43}=$/;
const roles = ['web', 'worker', 'clock', 'bot'] as const;

const schema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  SIGNALBOX_DATA: z.string().default('./data'),
  SIGNALBOX_BIND: z.string().default('127.0.0.1'),
  SIGNALBOX_PORT: z.coerce.number().int().min(0).max(65535).default(4600),
  /** How people reach the server; links in messages and the origin check use it. */
  SIGNALBOX_URL: z.url().optional(),
  /** Addresses and CIDR ranges of reverse proxies, separated by commas; only their X-Forwarded headers count. */
  SIGNALBOX_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((entry) => entry.trim() || []))
    .transform(proxiesIn),
  /** PEM files of certificate chain and private key: with both the server speaks https by itself. */
  SIGNALBOX_TLS_CERT: z.string().optional(),
  SIGNALBOX_TLS_KEY: z.string().optional(),
  SIGNALBOX_ROLES: z
    .string()
    .default('all')
    .transform((text) => (text === 'all' ? [...roles] : text.split(',').map((role) => role.trim())))
    .pipe(z.array(z.enum(roles)).min(1)),
  SIGNALBOX_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Folder with the private keys that `identity` of a host names. Default: <data>/keys. */
  SIGNALBOX_KEYS: z.string().optional(),
  /** 32 bytes in base64, under which secrets of devices are stored. Default: <data>/secret.key, made at the first start. */
  SIGNALBOX_SECRET_KEY: z.string().regex(SECRET_KEY, 'must be 32 bytes in base64: openssl rand -base64 32').optional(),
  /** Comma-separated values that must never appear in a stored log. */
  SIGNALBOX_SECRETS: z.string().default(''),
  SIGNALBOX_WORKER_TASKS: z.coerce.number().int().min(1).max(2000).default(64),
  SIGNALBOX_LEASE_MS: milliseconds(30_000),
  SIGNALBOX_SWEEP_MS: milliseconds(1_000),
  SIGNALBOX_PROBE_MS: milliseconds(60_000),
  SIGNALBOX_FEED_CHECK_MS: milliseconds(300_000),
  /** How often a host's health command or HTTP check runs. */
  SIGNALBOX_HEALTH_MS: milliseconds(60_000),
  /** Health that is reported later than this is refused: what would have followed it is not kept. */
  SIGNALBOX_HEALTH_LATE_MS: milliseconds(900_000),
  /** Health is kept for so many days, and as long as a running evaluation counts it. */
  SIGNALBOX_HEALTH_KEPT_DAYS: z.coerce.number().int().min(1).max(3_650).default(90),
  /** Each pipeline is looked at that often, beside the instants at which the clock alone can change something. */
  SIGNALBOX_PIPELINE_MS: milliseconds(60_000),
  SIGNALBOX_CONNECT_TIMEOUT_MS: milliseconds(10_000),
  SIGNALBOX_LINE_PATIENCE_MS: milliseconds(60_000),
  SIGNALBOX_STEP_TIMEOUT_MS: milliseconds(600_000),
  SIGNALBOX_LOG_CAP_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(4 * 1024 * 1024),
  SIGNALBOX_UNPACK_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(8 * 1024 ** 3),
  SIGNALBOX_PACKAGE_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(4 * 1024 ** 3),
  SIGNALBOX_KEEP_RELEASES: z.coerce.number().int().min(1).max(100).default(3),
  SIGNALBOX_BAKE_MS: z.coerce.number().int().min(0).max(86_400_000).default(300_000),
  /** With a bot token the bot role runs; without, it rests. */
  SLACK_BOT_TOKEN: z
    .string()
    .regex(/^xoxb-/, 'must be a bot token: it begins with xoxb-')
    .optional(),
  /** Socket Mode: no public address is needed. Without it Slack calls <SIGNALBOX_URL>/slack/events. */
  SLACK_APP_TOKEN: z
    .string()
    .regex(/^xapp-/, 'must be an app-level token: it begins with xapp-')
    .optional(),
  SLACK_SIGNING_SECRET: z.string().min(16).optional(),
  /** The one before, as long as a rotation lasts: both are accepted. */
  SLACK_SIGNING_SECRET_PREVIOUS: z.string().min(16).optional(),
  /** IDs of the workspaces that may use the bot, separated by commas. */
  SLACK_TEAMS: z
    .string()
    .regex(/^T[A-Z0-9]+(,T[A-Z0-9]+)*$/, 'must be workspace IDs such as T024BE7LD')
    .optional(),
  /** IDs of channels: cards of jobs and approvals, and incidents. Products and environments may have their own. */
  SLACK_CHANNEL: slackChannel.optional(),
  SLACK_ESCALATION_CHANNEL: slackChannel.optional(),
  SLACK_COMMAND: z
    .string()
    .regex(/^\/[a-z][a-z0-9_-]{0,30}$/)
    .default('/release'),
  /** Whether a Slack user whose verified e-mail is that of an account is that account without a link. */
  SLACK_MATCH_EMAIL: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
  SLACK_API_URL: z.url().default('https://slack.com/api/'),
  /** Posts and updates of all cards together; Slack allows about 50 updates a minute for a workspace. */
  SLACK_MESSAGES_PER_MINUTE: z.coerce.number().int().min(1).max(1_000).default(45),
  /** Slack waits 3 s for an answer. After this long it is told that the work is under way; the answer follows. */
  SLACK_ANSWER_MS: milliseconds(2_000),
  /** The least time between two updates of one message. */
  SLACK_COALESCE_MS: z.coerce.number().int().min(0).default(3_000),
});

export type Role = (typeof roles)[number];
export type Config = ReturnType<typeof readConfig>;

/**
 * Parses every setting at once and throws one error that lists all that is wrong. A setting `X` may also be given as
 * `X_FILE`, a file that holds the value, so that secrets need not stand in the environment.
 */
export function readConfig(env: Record<string, string | undefined>) {
  const parsed = schema.safeParse(fromFiles(env));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`Settings are not valid. Mend these and start again:\n${lines.join('\n')}`);
  }
  const s = parsed.data;
  return {
    databaseUrl: s.DATABASE_URL,
    dataFolder: s.SIGNALBOX_DATA,
    bind: s.SIGNALBOX_BIND,
    port: s.SIGNALBOX_PORT,
    url: s.SIGNALBOX_URL,
    trustedProxies: s.SIGNALBOX_TRUSTED_PROXIES,
    tls: tlsOf(s.SIGNALBOX_TLS_CERT, s.SIGNALBOX_TLS_KEY),
    roles: s.SIGNALBOX_ROLES as Role[],
    logLevel: s.SIGNALBOX_LOG_LEVEL,
    keysFolder: s.SIGNALBOX_KEYS ?? `${s.SIGNALBOX_DATA}/keys`,
    secretKey: s.SIGNALBOX_SECRET_KEY === undefined ? null : Buffer.from(s.SIGNALBOX_SECRET_KEY, 'base64'),
    secrets: s.SIGNALBOX_SECRETS.split(',').filter((secret) => secret !== ''),
    workerTasks: s.SIGNALBOX_WORKER_TASKS,
    leaseMs: s.SIGNALBOX_LEASE_MS,
    sweepMs: s.SIGNALBOX_SWEEP_MS,
    probeMs: s.SIGNALBOX_PROBE_MS,
    feedCheckMs: s.SIGNALBOX_FEED_CHECK_MS,
    healthMs: s.SIGNALBOX_HEALTH_MS,
    healthLateMs: s.SIGNALBOX_HEALTH_LATE_MS,
    healthKeptMs: s.SIGNALBOX_HEALTH_KEPT_DAYS * 86_400_000,
    pipelineMs: s.SIGNALBOX_PIPELINE_MS,
    connectTimeoutMs: s.SIGNALBOX_CONNECT_TIMEOUT_MS,
    linePatienceMs: s.SIGNALBOX_LINE_PATIENCE_MS,
    stepTimeoutMs: s.SIGNALBOX_STEP_TIMEOUT_MS,
    logCapBytes: s.SIGNALBOX_LOG_CAP_BYTES,
    unpackLimitBytes: s.SIGNALBOX_UNPACK_LIMIT_BYTES,
    packageLimitBytes: s.SIGNALBOX_PACKAGE_LIMIT_BYTES,
    keepReleases: s.SIGNALBOX_KEEP_RELEASES,
    bakeMs: s.SIGNALBOX_BAKE_MS,
    slack: slackOf(s),
  };
}

/** What the bot needs; null without a bot token. */
function slackOf(s: z.output<typeof schema>) {
  if (s.SLACK_BOT_TOKEN === undefined) return null;
  const missing = [
    ...(s.SLACK_TEAMS === undefined ? ['SLACK_TEAMS: the IDs of the workspaces that may use the bot'] : []),
    ...(s.SLACK_APP_TOKEN === undefined && s.SLACK_SIGNING_SECRET === undefined
      ? ['SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP): how Slack reaches the bot']
      : []),
  ];
  if (missing.length > 0) {
    throw new Error(`Settings are not valid. SLACK_BOT_TOKEN is set, so set these too:\n  ${missing.join('\n  ')}`);
  }
  return {
    botToken: s.SLACK_BOT_TOKEN,
    appToken: s.SLACK_APP_TOKEN ?? null,
    signingSecrets: [s.SLACK_SIGNING_SECRET, s.SLACK_SIGNING_SECRET_PREVIOUS].flatMap((secret) => secret ?? []),
    teams: (s.SLACK_TEAMS ?? '').split(','),
    channel: s.SLACK_CHANNEL ?? null,
    escalation: s.SLACK_ESCALATION_CHANNEL ?? s.SLACK_CHANNEL ?? null,
    command: s.SLACK_COMMAND,
    matchEmail: s.SLACK_MATCH_EMAIL,
    apiUrl: s.SLACK_API_URL.replace(/\/*$/, '/'),
    messagesPerMinute: s.SLACK_MESSAGES_PER_MINUTE,
    coalesceMs: s.SLACK_COALESCE_MS,
    answerMs: s.SLACK_ANSWER_MS,
  };
}
export type SlackConfig = NonNullable<ReturnType<typeof slackOf>>;

function proxiesIn(entries: readonly string[], issues: z.RefinementCtx): BlockList {
  const proxies = new BlockList();
  for (const entry of entries) {
    const [address = '', bits, ...more] = entry.split('/');
    const widest = isIP(address) === 6 ? 128 : 32;
    if (
      isIP(address) === 0 ||
      more.length > 0 ||
      (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= widest))
    ) {
      issues.addIssue({ code: 'custom', message: `${entry} is neither an address nor a range like 10.0.0.0/8` });
    } else proxies.addSubnet(address, Number(bits ?? widest), widest === 128 ? 'ipv6' : 'ipv4');
  }
  return proxies;
}

/** Files of certificate and key; null: plain http. */
function tlsOf(certFile: string | undefined, keyFile: string | undefined) {
  if (certFile === undefined && keyFile === undefined) return null;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  throw new Error('Settings are not valid. SIGNALBOX_TLS_CERT and SIGNALBOX_TLS_KEY go together: set both or none.');
}

function fromFiles(env: Record<string, string | undefined>): Record<string, string | undefined> {
  const values = { ...env };
  for (const name of Object.keys(schema.shape)) {
    const file = env[`${name}_FILE`];
    if (file && values[name] === undefined) values[name] = readFileSync(file, 'utf8').trimEnd();
  }
  return values;
}
