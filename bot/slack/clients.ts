import { WebAPIPlatformError, WebClient, type WebClientOptions } from '@slack/web-api';
import { LogLevel, type Logger as SlackLogger } from '@slack/bolt';
import type { Logger } from 'pino';
import type { SlackConfig } from '../../server/config.ts';

/** Two lines to Slack: what somebody waits for must not stand behind what the renderer sends. */
export interface SlackClients {
  readonly interactive: WebClient;
  readonly background: WebClient;
}

/**
 * Neither tries again by itself: a post that is repeated stands there twice, and a trigger works once. Neither waits out
 * a 429: the client would pause all of its calls, so that everybody who clicks meanwhile waited along.
 */
export function slackClients(slack: SlackConfig, log: Logger): SlackClients {
  return {
    interactive: new WebClient(slack.botToken, clientOptions(slack, log, 4_000)),
    background: new WebClient(slack.botToken, clientOptions(slack, log, 10_000)),
  };
}

export function clientOptions({ apiUrl }: Pick<SlackConfig, 'apiUrl'>, log: Logger, timeout: number): WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    timeout,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: quietLogger(log),
  };
}

/** Slack's own word for what was wrong: `channel_not_found`; undefined where Slack did not answer. */
export function slackErrorOf(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}

/** The SDK warns of every failed call, which is our business and is told once, by the bot's status. */
export function quietLogger(log: Logger): SlackLogger {
  const at =
    (level: 'debug' | 'warn') =>
    (...words: unknown[]) =>
      log[level](`slack sdk: ${words.map(String).join(' ')}`);
  return {
    debug: () => undefined,
    info: at('debug'),
    warn: at('debug'),
    error: at('warn'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
