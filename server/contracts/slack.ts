import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { reason } from './views.ts';

/** What a kept message is about. `notice` is said once and never changed. */
export const SLACK_PURPOSES = ['job', 'approval', 'incident', 'notice'] as const;
export type SlackPurpose = (typeof SLACK_PURPOSES)[number];

/** What a dialog holds while somebody fills it in. Instants in epoch milliseconds. */
export type SlackDraftInput =
  | {
      dialog: 'install';
      releaseId: number;
      hostIds: number[];
      labels: Record<string, string>;
      waves?: string | undefined;
      maxFailures?: string | undefined;
      reason?: string | undefined;
    }
  | { dialog: 'demote'; releaseId: number; channel: string; reason?: string | undefined }
  | { dialog: 'undemote'; releaseId: number; channel: string; reason?: string | undefined }
  | { dialog: 'rollback'; jobId: number; hostIds: number[] | null; includeHealthy: boolean; reason?: string | undefined }
  | { dialog: 'hold'; incidentId: number | null; scope: Record<string, string>; reason?: string | undefined }
  | { dialog: 'reject'; approvalId: number }
  | { dialog: 'resolve'; incidentId: number };
export type SlackDialog = SlackDraftInput['dialog'];

const none = z.object({});

/** How the bot stands with Slack, as the console shows it. Epoch milliseconds. */
export const slackStatusView = z.object({
  configured: z.boolean(),
  transport: z.enum(['socket', 'http']).nullable(),
  team: z.string().nullable(),
  lastOkAt: z.number().nullable(),
  problem: reason.nullable(),
  problemSince: z.number().nullable(),
  /** Messages that wait to be sent, and since when the oldest does. */
  waiting: z.number().int(),
  waitingSince: z.number().nullable(),
});
export type SlackStatusView = z.output<typeof slackStatusView>;

const linked = z.object({ team: z.string(), user: z.string(), userName: z.string(), linkedAt: z.number() });
const code = z.string().min(20).max(200);

export const slackApi = {
  'slack.status': endpoint({
    method: 'GET',
    path: '/slack',
    summary: 'How the bot stands with Slack',
    input: none,
    output: slackStatusView,
  }),
  'slack.accounts': endpoint({
    method: 'GET',
    path: '/account/slack',
    summary: 'The Slack users that are linked to your account',
    input: none,
    output: z.object({ items: z.array(linked) }),
  }),
  'slack.linkShow': endpoint({
    method: 'POST',
    path: '/account/slack/link/show',
    summary: 'Which Slack user a one-time link would link to your account',
    safe: true,
    input: z.object({ code }),
    output: z.object({ team: z.string(), user: z.string(), userName: z.string() }),
  }),
  'slack.link': endpoint({
    method: 'POST',
    path: '/account/slack/link',
    summary: 'Link the Slack user who got this one-time link to your account',
    input: z.object({ code }),
    output: linked,
  }),
  'slack.unlink': endpoint({
    method: 'POST',
    path: '/account/slack/unlink',
    summary: 'End the link to a Slack user',
    input: z.object({ team: z.string().max(50), user: z.string().max(50) }),
    output: z.object({ ok: z.literal(true) }),
  }),
};
