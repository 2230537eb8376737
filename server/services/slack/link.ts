import { findLinkCode, putLinkCode, putSlackAccount, takeLinkCode } from '../../../db/queries/slack-wire.ts';
import type { LinkCodeRow } from '../../../db/queries/slack-wire.ts';
import { slackLinkUrl } from '../../contracts/access.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import type { Owner } from '../people/account.ts';
import { ownerRow } from '../people/account.ts';
import { hashOfSecret, newSecret } from '../people/secret.ts';
import { serverUrl } from '../server-url.ts';
import { demandMember, type SlackProfile } from './who.ts';

const LIFETIME_MS = 10 * 60_000;

/**
 * A one-time link to the console page on which somebody who is signed in confirms that they are this Slack user. Works
 * once, for 10 minutes; an earlier one is void. Refusal: `not_permitted` for guests, bots and strangers.
 */
export async function startLink(ctx: Context, profile: SlackProfile): Promise<{ url: string; expiresAt: number }> {
  demandMember(ctx, profile);
  const now = ctx.clock.now();
  const code = newSecret();
  const expiresAt = now + LIFETIME_MS;
  const { team, user, name } = profile;
  const row = { codeHash: hashOfSecret(code), team, user, userName: name, createdAt: now, expiresAt };
  await ctx.db.transaction((tx) => putLinkCode(tx, row));
  return { url: slackLinkUrl(serverUrl(ctx.config), code), expiresAt };
}

/** Whom the link is about; changes nothing. Refusals: `not_found`, `link_used`, `gone`. */
export async function showLink(ctx: Context, { code }: { code: string }) {
  const { team, user, userName } = goodCode(ctx, await findLinkCode(ctx.db, hashOfSecret(code)), ctx.clock.now());
  return { team, user, userName };
}

/** From now on this Slack user is the owner of the session. Refusals: `not_found`, `link_used`, `gone`. */
export async function confirmLink(ctx: Context, owner: Owner, { code }: { code: string }) {
  const person = await ownerRow(ctx, owner);
  const now = ctx.clock.now();
  const codeHash = hashOfSecret(code);
  const linked = await ctx.db.transaction(async (tx) => {
    const taken = await takeLinkCode(tx, codeHash, now);
    const { team, user, userName } = taken ?? goodCode(ctx, await findLinkCode(tx, codeHash), now);
    await putSlackAccount(tx, { team, user, userName, personId: person.id, linkedAt: now });
    return { team, user, userName, linkedAt: now };
  });
  ctx.log.info({ person: person.id, team: linked.team, user: linked.user }, 'a Slack user was linked');
  return linked;
}

function goodCode({ config }: Context, row: LinkCodeRow | undefined, now: number): LinkCodeRow {
  const next = `Type ${config.slack?.command ?? '/release'} link in Slack: it makes a new one.`;
  if (!row)
    throw new Refusal('not_found', `link to Slack refused: this link is not valid, or a newer one was made. ${next}`);
  if (row.usedAt !== null) throw new Refusal('link_used', `link to Slack refused: this link has been used. ${next}`);
  if (row.expiresAt <= now) throw new Refusal('gone', `link to Slack refused: this link has run out. ${next}`);
  return row;
}
