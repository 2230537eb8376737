import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { Refusal } from '../../server/contracts/errors.ts';
import type { Context } from '../../server/services/context.ts';
import { demandTeam, who, type SlackProfile } from '../../server/services/slack/who.ts';
import type { Caller } from '../caller.ts';
import { slackErrorOf } from './clients.ts';
import type { Delivery } from './delivery.ts';

/** For so long Slack is not asked again who somebody is; and for so long its last word counts while it does not answer. */
const FRESH_MS = 10 * 60_000;
const KEPT_MS = 24 * 3_600_000;
const REMEMBERED = 5_000;

const flag = z.boolean().nullish();
const slackUser = z.object({
  id: z.string(),
  team_id: z.string().nullish(),
  name: z.string().nullish(),
  real_name: z.string().nullish(),
  deleted: flag,
  is_bot: flag,
  is_restricted: flag,
  is_ultra_restricted: flag,
  is_stranger: flag,
  is_email_confirmed: flag,
  profile: z.object({ email: z.string().nullish(), display_name: z.string().nullish() }).nullish(),
});

export interface Identify {
  /** Who this Slack user is for Slack. Refusals: `not_permitted`, `unavailable`. */
  profile(delivery: Delivery): Promise<SlackProfile>;
  /** Who this Slack user is for us. Refusals: those of `who` too. */
  caller(delivery: Delivery): Promise<Caller>;
}

/** Slack says who somebody is; what it said is kept for a while, so that it is not asked at every click. */
export function identifier(ctx: Context, client: WebClient): Identify {
  const people = remembering(ctx, (user) => askProfile(ctx, client, user));
  const channels = remembering(ctx, (channel) => askShared(client, channel));

  async function profile(delivery: Delivery): Promise<SlackProfile> {
    if (delivery.byBot) throw refusalOf('bot', 'bots cannot give commands here. Programs use the API with a token');
    demandTeam(ctx, delivery.teams);
    const channel = delivery.channel?.startsWith('D') ? null : delivery.channel;
    const [found, shared] = await Promise.all([
      people(delivery.user),
      channel === null ? false : channels(channel).catch(() => false),
    ]);
    if (shared || delivery.shared) {
      throw refusalOf('shared_channel', 'this channel is shared with another organization. Use a channel of your own');
    }
    return found;
  }

  return {
    profile,
    async caller(delivery) {
      const found = await profile(delivery);
      const { channel, thread } = delivery;
      return { actor: await who(ctx, found), team: found.team, user: found.user, channel, thread };
    },
  };
}

async function askProfile(ctx: Context, client: WebClient, id: string): Promise<SlackProfile> {
  try {
    const { user } = await client.users.info({ user: id });
    return profileOf(slackUser.parse(user), ctx.config.slack?.teams ?? []);
  } catch (error) {
    const said = slackErrorOf(error);
    if (said === 'user_not_found' || said === 'user_not_visible') {
      throw refusalOf('stranger', 'your workspace does not know you. Use Signalbox from its own workspace');
    }
    ctx.log.warn({ err: error, user: id }, 'slack: does not tell who somebody is');
    throw new Refusal(
      'unavailable',
      `Refused: Slack does not tell right now who you are (${said ?? 'no answer'}). Try again in a minute; the console works.`,
    );
  }
}

function profileOf(user: z.output<typeof slackUser>, allowedTeams: readonly string[]): SlackProfile {
  const team = user.team_id ?? '';
  const outside = user.is_stranger || !allowedTeams.includes(team);
  const guest = user.is_restricted || user.is_ultra_restricted;
  return {
    team,
    user: user.id,
    name: user.profile?.display_name || user.real_name || user.name || user.id,
    verifiedEmail: user.is_email_confirmed ? (user.profile?.email ?? null) : null,
    kind: user.deleted ? 'deactivated' : user.is_bot ? 'bot' : outside ? 'stranger' : guest ? 'guest' : 'member',
  };
}

/** Who speaks is known either way: a channel of which Slack tells nothing (no scope, not found) is taken as our own. */
async function askShared(client: WebClient, channel: string): Promise<boolean> {
  try {
    const { channel: found } = await client.conversations.info({ channel });
    return found?.is_ext_shared === true || found?.is_pending_ext_shared === true;
  } catch (error) {
    if (slackErrorOf(error) !== undefined) return false;
    throw error;
  }
}

function refusalOf(reason: string, words: string): Refusal {
  return new Refusal('not_permitted', `Refused: ${words}.`, { reason });
}

/** One question at a time about the same thing, its answer kept; an old answer counts while no new one comes. */
function remembering<T>(ctx: Context, ask: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const known = new Map<string, { at: number; answer: T }>();
  const asking = new Map<string, Promise<T>>();

  async function asked(id: string): Promise<T> {
    const before = known.get(id);
    try {
      const answer = await ask(id);
      known.delete(id);
      known.set(id, { at: ctx.clock.now(), answer });
      const [oldest] = known.keys();
      if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
      return answer;
    } catch (error) {
      const away = !(error instanceof Refusal) || error.code === 'unavailable';
      if (away && before && ctx.clock.now() - before.at < KEPT_MS) return before.answer;
      known.delete(id);
      throw error;
    } finally {
      asking.delete(id);
    }
  }

  return (id) => {
    const fresh = known.get(id);
    if (fresh && ctx.clock.now() - fresh.at < FRESH_MS) return Promise.resolve(fresh.answer);
    const underWay = asking.get(id) ?? asked(id);
    asking.set(id, underWay);
    return underWay;
  };
}
