import { findPersonByEmail } from '../../../db/queries/people.ts';
import { personOfSlackUser } from '../../../db/queries/slack-wire.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { personActor } from '../people/session.ts';
import type { Actor } from '../verb.ts';

/** A Slack user, as Slack describes them. */
export interface SlackProfile {
  readonly team: string;
  readonly user: string;
  readonly name: string;
  /** null: Slack does not tell, or has not seen them confirm it. */
  readonly verifiedEmail: string | null;
  /** What makes them no member of the workspace. */
  readonly kind: 'member' | 'guest' | 'bot' | 'stranger' | 'deactivated';
}

const OUTSIDERS = {
  guest: 'guests of a workspace cannot use Signalbox from Slack. Ask an admin of the workspace to make you a member',
  bot: 'bots cannot give commands here. Programs use the API with a token',
  stranger: 'you belong to another workspace. Use Signalbox from its own workspace, or its console',
  deactivated: 'this Slack user is deactivated. Ask an admin of the workspace',
} as const satisfies Record<Exclude<SlackProfile['kind'], 'member'>, string>;

/** Throws `not_permitted` for a workspace that is not allowed. */
export function demandTeam(ctx: Context, teams: readonly string[]): void {
  const allowed = new Set(ctx.config.slack?.teams ?? []);
  if (teams.length > 0 && teams.every((team) => allowed.has(team))) return;
  throw new Refusal(
    'not_permitted',
    'Refused: this Signalbox does not serve your workspace. Use it from its own workspace, or its console.',
    { reason: 'other_team' },
  );
}

/** Throws `not_permitted` for guests, bots, people of other workspaces and shared channels, who are not served at all. */
export function demandMember(ctx: Context, { kind, team }: SlackProfile): void {
  if (kind !== 'member') throw new Refusal('not_permitted', `Refused: ${OUTSIDERS[kind]}.`, { reason: kind });
  demandTeam(ctx, [team]);
}

/**
 * The person that a Slack user is, with the grants of now: by a link, or, where that is switched on, by an e-mail that
 * Slack has verified. Refusals: `not_permitted` (outsiders, disabled people), `not_signed_in` (reason `not_linked`).
 */
export async function who(ctx: Context, profile: SlackProfile): Promise<Actor> {
  demandMember(ctx, profile);
  const person = (await personOfSlackUser(ctx.db, profile.team, profile.user)) ?? (await byEmail(ctx, profile));
  if (!person) {
    const command = `${ctx.config.slack?.command ?? '/release'} link`;
    throw new Refusal(
      'not_signed_in',
      `I do not know yet who you are in Signalbox. Type ${command} in a channel and follow the link, once.`,
      { reason: 'not_linked' },
    );
  }
  if (person.disabledAt !== null) {
    throw new Refusal('not_permitted', `Refused: the account of ${person.name} is disabled. Ask an admin.`, {
      reason: 'disabled',
    });
  }
  return personActor(person);
}

function byEmail(ctx: Context, { verifiedEmail }: SlackProfile) {
  if (!ctx.config.slack?.matchEmail || verifiedEmail === null) return undefined;
  return findPersonByEmail(ctx.db, verifiedEmail.toLowerCase());
}
