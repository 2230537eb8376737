import type { Grant } from '../domain/permission.ts';
import type { Context } from '../services/context.ts';
import { invite } from '../services/people/invite.ts';
import { issueSignInLink } from '../services/people/link.ts';
import { useLink } from '../services/people/use-link.ts';
import { confirmLink, startLink } from '../services/slack/link.ts';
import { signalboxActor, type Actor } from '../services/verb.ts';
import type { SlackUser } from './slack/workspace.ts';

/** Channels of the demo's Slack. */
export const slackChannels = {
  releases: { id: 'C0RELEASES', name: 'releases' },
  incidents: { id: 'C0INCIDENT', name: 'incidents' },
} as const;

const admin: SlackUser = { id: 'U0DEMOADM1', name: 'admin', realName: 'Demo admin' };
export const ana: SlackUser = { id: 'U0ANA00001', name: 'ana', realName: 'Ana Soto' };
export const ben: SlackUser = { id: 'U0BEN00001', name: 'ben', realName: 'Ben Okoro' };
/** In Slack only: what somebody sees who has no account linked yet. */
const noor: SlackUser = { id: 'U0NOOR0001', name: 'noor', realName: 'Noor Haddad' };

export const slackUsers = [admin, ana, ben, noor] as const;

export interface DemoPeople {
  /** Signs the visitor in, once. */
  readonly signInLink: string;
  readonly ana: Actor;
}

/** Accounts of the demo's people, each linked to their Slack user, as they would do it themselves. */
export async function invitePeople(ctx: Context, team: string): Promise<DemoPeople> {
  await linked(ctx, team, admin, 'demo@example.com', [{ role: 'admin' }, { role: 'approver' }]);
  const operator = await linked(ctx, team, ana, 'ana@example.com', [{ role: 'operator' }]);
  await linked(ctx, team, ben, 'ben@example.com', [{ role: 'approver' }]);
  return { signInLink: await issueSignInLink(ctx, 'demo@example.com', 7 * 86_400_000), ana: operator };
}

async function linked(ctx: Context, team: string, user: SlackUser, email: string, grants: Grant[]): Promise<Actor> {
  const { link } = await invite.run(ctx, signalboxActor, { name: user.realName, email, grants });
  const { secret, actor } = await useLink(ctx, { token: behindHash(link) });
  const profile = { team, user: user.id, name: user.name, verifiedEmail: null, kind: 'member' as const };
  const { url } = await startLink(ctx, profile);
  const owner = { personId: actor.id as number, sessionSecret: secret, address: '127.0.0.1' };
  await confirmLink(ctx, owner, { code: behindHash(url) });
  return actor;
}

function behindHash(url: string): string {
  return url.slice(url.indexOf('#') + 1);
}
