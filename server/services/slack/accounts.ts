import { deleteSlackAccount, slackAccountsOf } from '../../../db/queries/slack-wire.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import type { Owner } from '../people/account.ts';

/** The Slack users who are the owner of the session. */
export async function listSlackAccounts(ctx: Context, { personId }: Owner) {
  const rows = await slackAccountsOf(ctx.db, personId);
  return { items: rows.map(({ team, user, userName, linkedAt }) => ({ team, user, userName, linkedAt })) };
}

/** Ends one of one's own links; what was done through it stands. Refusal: `not_found`, for those of others too. */
export async function unlinkSlack(ctx: Context, { personId }: Owner, of: { team: string; user: string }) {
  if (!(await deleteSlackAccount(ctx.db, personId, of))) {
    throw new Refusal(
      'not_found',
      `unlinking refused: ${of.user} is not linked to your account. List your links first.`,
    );
  }
  ctx.log.info({ person: personId, ...of }, 'a Slack user was unlinked');
  return { ok: true as const };
}
