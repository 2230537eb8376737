import { listProducts } from '../../server/services/product/list.ts';
import { demoteRelease } from '../../server/services/release/demote.ts';
import { previewDemotion } from '../../server/services/release/demotion-impact.ts';
import { showRelease } from '../../server/services/release/show.ts';
import { undemoteRelease } from '../../server/services/release/undemote.ts';
import { inline } from '../cards/escape.ts';
import type { Entered } from './state.ts';
import { errorsOf, type DialogKind, type Holder, type InputOf } from './kind.ts';
import { told } from './links.ts';
import { kept, reasonMissing } from './state.ts';
import { demoteDialog } from './views/demote.ts';

type Input = InputOf<'demote'> | InputOf<'undemote'>;

const VERBS = {
  demote: { title: 'Demote release', verb: demoteRelease, done: 'demoted' },
  undemote: { title: 'Un-demote release', verb: undemoteRelease, done: 'active again' },
} as const satisfies Record<Input['dialog'], unknown>;

export const demote = entryDialog<InputOf<'demote'>>('demote');
export const undemote = entryDialog<InputOf<'undemote'>>('undemote');

/** Both change one channel entry, with a reason, and show what it means to each environment before. Rule: section 4. */
function entryDialog<Given extends Input>(name: Given['dialog']): DialogKind<Given> {
  const { title, verb, done } = VERBS[name];
  return {
    title,
    admit: verb.admit,

    read: (input, fields) => ({ ...input, ...readEntry(input, fields) }),

    async draw(holder, { id: draftId, input }, notice) {
      return { dialog: demoteDialog({ ...(await entryFacts(holder, input)), draftId, notice }) };
    },

    async submit(holder, { input }) {
      const { bot, caller } = holder;
      const { releaseId, channel, reason } = input;
      const problem = reasonMissing(reason);
      if (channel === null || problem) {
        return errorsOf({ channel: channel === null ? 'Choose a channel.' : null, reason: problem })!;
      }
      const { product } = await entryFacts(holder, input);
      const order = { id: releaseId, channel, reason: reason ?? '' };
      return {
        kind: 'go',
        run: async () => {
          const { version } = await verb.run(bot.ctx, caller.actor, order);
          return told(`*${inline(product, 80)} ${inline(version, 80)}* is ${done} on ${inline(channel, 80)}.`);
        },
      };
    },

    async options(holder, input, _field, query) {
      const { channels } = await entryFacts(holder, input);
      const part = query.trim().toLowerCase();
      const found = channels.filter((channel) => channel.toLowerCase().includes(part));
      return found.map((channel) => ({ text: channel, value: channel }));
    },
  };
}

function readEntry(input: Input, fields: Entered): Pick<Input, 'channel' | 'reason'> {
  const channel = fields.text('channel');
  return {
    channel: channel === undefined ? input.channel : channel,
    reason: kept(fields.text('reason'), input.reason),
  };
}

async function entryFacts({ bot, caller }: Holder, input: Input) {
  const { ctx } = bot;
  const release = await showRelease.run(ctx, caller.actor, { id: input.releaseId });
  const { items } = await listProducts.run(ctx, caller.actor, undefined);
  const demoted = release.demotions.map(({ channel }) => channel);
  const { channel } = input;
  return {
    input,
    product: items.find(({ id }) => id === release.productId)?.name ?? '',
    version: release.version,
    channels: input.dialog === 'demote' ? release.channels : demoted,
    preview: channel === null ? null : await previewDemotion.run(ctx, caller.actor, { id: release.id, channel }),
  };
}
