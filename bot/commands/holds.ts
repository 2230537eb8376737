import type { HoldScope } from '../../server/domain/holds.ts';
import { heldText, scopeText } from '../../server/domain/hold-words.ts';
import type { HoldView } from '../../server/domain/views.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import { createHold } from '../../server/services/hold/create.ts';
import { listHolds } from '../../server/services/hold/list.ts';
import { releaseHold as release } from '../../server/services/hold/release.ts';
import { showIncident } from '../../server/services/incident/show.ts';
import { scopeChoices } from '../../server/services/slack/choices.ts';
import { button, when } from '../cards/blocks.ts';
import { escapeMrkdwn, inline } from '../cards/escape.ts';
import { said, type Bot, type Caller } from '../caller.ts';
import type { GivenOf } from '../grammar/commands.ts';
import { opens } from './dialog.ts';
import { question, toConsole, typed, type Handler } from './handler.ts';
import { named } from './names.ts';
import { subjectOf } from './subject.ts';

const PARTS = ['product', 'channel', 'environment', 'host'] as const;
const EVERY_NAME = 1_000_000;

/** Put at once when scope and reason are said, else asked for in the dialog. Rule: section 12. */
export const hold: Handler<'hold'> = async (bot, caller, given) => {
  createHold.admit(caller.actor);
  const scope = await scopeMeant(bot, caller, given);
  const scoped = PARTS.some((part) => scope[part] !== undefined);
  if (scoped && given.everything) {
    throw question(`Everything, or only ${scopeText(scope)}? Say one of them.`, 'scope_twice');
  }
  const { reason, strict = false, until } = given;
  const expiresAt = until && ('at' in until ? until.at : bot.ctx.clock.now() + until.ms);
  if (reason !== undefined && (scoped || given.everything)) {
    const put = await createHold.run(bot.ctx, caller.actor, { scope, reason, strict, expiresAt });
    return said(
      `${holdLine(put)}\n${escapeMrkdwn(`To release it: ${typed(bot, caller, `release-hold ${put.id}`)}`)} · ${toConsole(bot, '/holds')}`,
    );
  }
  const incidentId = scoped || given.everything ? null : ((await subjectOf(bot, caller))?.incidentId ?? null);
  const asked = Object.fromEntries(PARTS.flatMap((part) => (scope[part] === undefined ? [] : [[part, scope[part]]])));
  const input = { dialog: 'hold', incidentId, scope: asked, reason, expiresAt, strict: strict || undefined } as const;
  return opens(bot, caller, input, { name: 'hold', given }, await incidentButton(bot, caller, incidentId));
};

async function incidentButton({ ctx }: Bot, { actor }: Caller, id: number | null) {
  return id === null ? null : button('incident.hold', (await showIncident.run(ctx, actor, { id })).incident);
}

/** The names as they are, not as they were typed. */
async function scopeMeant({ ctx }: Bot, { actor }: Caller, given: GivenOf<'hold'>): Promise<HoldScope> {
  const found: Partial<Record<(typeof PARTS)[number], string>> = {};
  for (const part of PARTS) {
    const name = given[part];
    if (name === undefined) continue;
    const known = await scopeChoices.run(ctx, actor, { of: part, text: '', limit: EVERY_NAME });
    found[part] = named(
      part,
      name,
      known.map((each) => ({ name: each })),
    ).name;
  }
  return found;
}

/** `‖ Hold #7 on plant until …: "line down" (Ana), stops rollbacks too`, escaped. */
export function holdLine(view: HoldView): string {
  const { id, reason, owner, expiresAt, strict } = view;
  const until = expiresAt === null ? 'until it is released' : `until ${when(expiresAt)}`;
  const also = strict ? ', rollbacks too' : '';
  return `‖ Hold #${id} on ${inline(heldText(view), 200)} ${until}${also}: "${inline(reason, 300)}" (${inline(owner, 60)})`;
}

export const releaseHold: Handler<'release-hold'> = async (bot, caller, { hold: id, reason }) => {
  const { items } = await listHolds.run(bot.ctx, caller.actor, { state: 'standing', limit: EVERY_NAME });
  const standing = items.find((each) => each.id === id);
  try {
    const released = await release.run(bot.ctx, caller.actor, { id, reason });
    const jobs = standing?.stopsJobs ?? [];
    const goes = jobs.length === 0 ? '' : ` What it stopped goes on: ${jobs.map((job) => `job ${job}`).join(', ')}.`;
    return said(escapeMrkdwn(`Hold ${id} on ${heldText(released)} is released.${goes}`));
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'not_found') throw error;
    const known = items.slice(0, 5).map((each) => `${each.id} (${heldText(each)})`);
    const next = known.length === 0 ? 'No hold stands now.' : `There is ${known.join(', ')}.`;
    throw new Refusal('not_found', `Release refused: there is no hold ${id}. ${next}`);
  }
};
