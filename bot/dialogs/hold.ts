import { Refusal } from '../../server/contracts/errors.ts';
import { scopeText } from '../../server/domain/hold-words.ts';
import type { HoldScope } from '../../server/domain/holds.ts';
import { instantText } from '../../server/domain/wording.ts';
import { createHold } from '../../server/services/hold/create.ts';
import { showIncident } from '../../server/services/incident/show.ts';
import { listProducts } from '../../server/services/product/list.ts';
import { previewHold, scopeChoices } from '../../server/services/slack/choices.ts';
import { inline } from '../cards/escape.ts';
import { errorsOf, type DialogKind, type Holder, type InputOf } from './kind.ts';
import { pageOf, told } from './links.ts';
import { fits, OPTIONS_MAX } from './selection.ts';
import { kept, reasonMissing, type Entered } from './state.ts';
import { holdDialog } from './views/hold.ts';

type Input = InputOf<'hold'>;

const PLACES = ['product', 'channel', 'environment', 'host'] as const satisfies readonly (keyof HoldScope)[];

/** "Nothing moves here", with a reason. Rule: section 12. */
export const hold: DialogKind<Input> = {
  title: 'Hold',
  admit: createHold.admit,
  begin,

  read(input, fields) {
    const until = fields.text('until');
    return {
      ...input,
      scope: scopeIn(input, fields),
      reason: kept(fields.text('reason'), input.reason),
      expiresAt: until === undefined ? input.expiresAt : instantIn(until),
      strict: fields.on('strict') ?? input.strict,
    };
  },

  async draw({ bot, caller }, { id: draftId, input }, notice) {
    const scope = scopeOf(input);
    const covered = await previewHold.run(bot.ctx, caller.actor, { scope });
    return { dialog: holdDialog({ draftId, input, scope, covered, notice }) };
  },

  async submit({ bot, caller }, { input }) {
    const { expiresAt, strict = false, reason } = input;
    const over = expiresAt !== undefined && expiresAt <= bot.ctx.clock.now();
    const problems = { reason: reasonMissing(reason), until: over ? 'That is over. Choose a later end.' : null };
    const scope = scopeOf(input);
    const order = { scope, reason: reason ?? '', strict, ...(expiresAt === undefined ? {} : { expiresAt }) };
    return (
      errorsOf(problems) ?? {
        kind: 'go',
        run: async () => {
          const { id } = await createHold.run(bot.ctx, caller.actor, order);
          const end = expiresAt === undefined ? 'until it is released' : `until ${instantText(expiresAt)}`;
          return told(
            `*<${pageOf(bot, '/holds')}|Hold ${id}>* is in force on ${inline(scopeText(scope), 400)}, ${end}.`,
          );
        },
      }
    );
  },

  async options({ bot, caller }, _input, field, query) {
    const of = PLACES.find((place) => place === field);
    if (of === undefined) return [];
    const names = await scopeChoices.run(bot.ctx, caller.actor, { of, text: query.trim(), limit: OPTIONS_MAX });
    return names.map((name) => ({ text: name, value: name }));
  },
};

/** From an incident it begins with the product that is in trouble: what else is not yet touched stays untouched. */
async function begin({ bot, caller }: Holder, input: Input): Promise<Input> {
  const odd = PLACES.find((place) => input.scope[place] !== undefined && !fits(input.scope[place]));
  if (odd !== undefined)
    throw new Refusal('not_found', `Hold refused: there is no ${odd} of that name. Check the name.`);
  if (input.incidentId === null || Object.keys(input.scope).length > 0) return input;
  const { incident } = await showIncident.run(bot.ctx, caller.actor, { id: input.incidentId });
  const { items } = await listProducts.run(bot.ctx, caller.actor, undefined);
  const product = items.find(({ id }) => id === incident.productId)?.name;
  const reason = input.reason ?? `Incident ${incident.id}, job ${incident.jobId}`;
  return { ...input, scope: product === undefined ? {} : { product }, reason };
}

function scopeIn(input: Input, fields: Entered): Input['scope'] {
  const named = PLACES.map((place) => [place, kept(fields.text(place), input.scope[place])] as const);
  return Object.fromEntries(
    named.filter((entry): entry is [(typeof PLACES)[number], string] => entry[1] !== undefined),
  );
}

function scopeOf({ scope }: Input): HoldScope {
  return Object.fromEntries(PLACES.flatMap((place) => (scope[place] === undefined ? [] : [[place, scope[place]]])));
}

/** Slack's picker speaks of seconds. */
function instantIn(seconds: string | null): number | undefined {
  return seconds !== null && /^\d{1,11}$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}
