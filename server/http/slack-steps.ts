import { listSlackAccounts, unlinkSlack } from '../services/slack/accounts.ts';
import { confirmLink, showLink } from '../services/slack/link.ts';
import { ownerOf } from './account-steps.ts';
import { step } from './visit.ts';

/** The endpoints below /account/slack: whom one is in Slack is one's own, so that no action of the permission table guards it. */
export const slackSteps = {
  accounts: step('person', (ctx, visit) => listSlackAccounts(ctx, ownerOf(visit))),

  linkShow: step('person', (ctx, _visit, input: { code: string }) => showLink(ctx, input)),

  link: step('person', (ctx, visit, input: { code: string }) => confirmLink(ctx, ownerOf(visit), input)),

  unlink: step('person', (ctx, visit, input: { team: string; user: string }) =>
    unlinkSlack(ctx, ownerOf(visit), input),
  ),
};
