import { z } from 'zod';
import { endpoint, none } from './endpoint.ts';
import { reason } from './views.ts';

/** What a kept message is about. `notice` is said once and never changed. */
export const SLACK_PURPOSES = ['job', 'approval', 'incident', 'notice'] as const;
export type SlackPurpose = (typeof SLACK_PURPOSES)[number];

/** The fingerprint of a plan (empty: there was none) in a dialog, and the version of the draft that it was made of. */
export interface SeenPlan {
  readonly version: number;
  readonly plan: string;
}

/**
 * What a dialog holds while somebody fills it in: what it was opened with, and what has been picked since. `reason`,
 * `waves` and `maxFailures` are texts as they were typed; `seen` is what the person was shown last. Instants in epoch
 * milliseconds.
 */
export type SlackDraftInput =
  | {
      dialog: 'install';
      /** Null: picked in the dialog. */
      releaseId: number | null;
      hostIds: number[];
      /** Of several values of a key a host has one. */
      labels: Record<string, string | string[]>;
      /** Every host that the labels match, but for `except`; `hostIds` does not count then. */
      all?: boolean | undefined;
      except?: number[] | undefined;
      waves?: string | undefined;
      maxFailures?: string | undefined;
      reason?: string | undefined;
      breakGlass?: boolean | undefined;
      glassReason?: string | undefined;
      /** Passes closed maintenance windows, with its reason. */
      override?: boolean | undefined;
      overrideReason?: string | undefined;
      /** By way of the required releases between. */
      path?: boolean | undefined;
      /** It was opened without a release: the picker stays. */
      picks?: boolean | undefined;
      seen?: SeenPlan | undefined;
    }
  /** `channel` null: picked in the dialog. */
  | { dialog: 'demote'; releaseId: number; channel: string | null; reason?: string | undefined }
  | { dialog: 'undemote'; releaseId: number; channel: string | null; reason?: string | undefined }
  /** `releaseId` null, or `picks`: picked in the dialog, as `channel` is when it is null. */
  | {
      dialog: 'promote';
      releaseId: number | null;
      channel: string | null;
      reason?: string | undefined;
      picks?: boolean | undefined;
    }
  | { dialog: 'recall'; releaseId: number | null; reason?: string | undefined; seen?: SeenPlan | undefined }
  | {
      dialog: 'rollback';
      jobId: number;
      /** Null: the affected ones. */
      hostIds: number[] | null;
      includeHealthy: boolean;
      reason?: string | undefined;
      breakGlass?: boolean | undefined;
      glassReason?: string | undefined;
      seen?: SeenPlan | undefined;
    }
  | {
      dialog: 'hold';
      incidentId: number | null;
      /** Names by `product`, `channel`, `environment`, `host`; none: everything. */
      scope: Record<string, string>;
      reason?: string | undefined;
      expiresAt?: number | undefined;
      strict?: boolean | undefined;
    }
  | { dialog: 'reject'; approvalId: number; reason?: string | undefined }
  | { dialog: 'resolve'; incidentId: number; resolution?: string | undefined };
export type SlackDialog = SlackDraftInput['dialog'];

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
