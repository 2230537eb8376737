import { listEnvironments } from '../../server/services/environment/list.ts';
import { showPipeline } from '../../server/services/pipeline/show.ts';
import { promoteRelease } from '../../server/services/release/promote.ts';
import { inline } from '../cards/escape.ts';
import { errorsOf, type DialogKind, type Holder, type InputOf } from './kind.ts';
import { pageOf, told } from './links.ts';
import { chosenRelease, pickedRelease, releaseOptions } from './release-field.ts';
import { kept, reasonMissing } from './state.ts';
import { promoteDialog, type PromoteFacts } from './views/promote.ts';

type Input = InputOf<'promote'>;

/** A promotion by hand: soak and window are skipped, everything else is judged when it is sent. Rule: section 7 (By hand). */
export const promote: DialogKind<Input> = {
  title: 'Promote release',
  admit: promoteRelease.admit,

  read(input, fields) {
    const releaseId = pickedRelease(fields, input.releaseId);
    const channel = fields.text('channel');
    return {
      ...input,
      releaseId,
      // Of another release the channel has to be picked again: another product has others.
      channel: releaseId !== input.releaseId ? null : channel === undefined ? input.channel : channel,
      reason: kept(fields.text('reason'), input.reason),
    };
  },

  async draw(holder, { id: draftId, input }, notice) {
    return { dialog: promoteDialog({ ...(await promoteFacts(holder, input)), draftId, notice }) };
  },

  async submit(holder, { input }) {
    const { bot, caller } = holder;
    const { releaseId, channel, reason } = input;
    if (releaseId === null) return errorsOf({ release: 'Choose a release.' })!;
    const problem = reasonMissing(reason);
    if (channel === null || problem) {
      const of = `channel:${releaseId}`;
      return errorsOf({ [of]: channel === null ? 'Choose a channel.' : null, reason: problem })!;
    }
    const { product, productId, version } = await chosenRelease(holder, releaseId);
    return {
      kind: 'go',
      run: async () => {
        await promoteRelease.run(bot.ctx, caller.actor, { id: releaseId, channel, reason: reason ?? '' });
        const pipeline = `<${pageOf(bot, `/pipelines/${productId}`)}|Its pipeline>`;
        return told(`*${inline(product, 80)} ${inline(version, 80)}* is on ${inline(channel, 80)}. ${pipeline}`);
      },
    };
  },

  async options(holder, input, field, query) {
    if (field === 'release') return releaseOptions(holder, query);
    const { channels } = await promoteFacts(holder, input);
    const part = query.trim().toLowerCase();
    const found = channels.filter((channel) => channel.toLowerCase().includes(part));
    return found.map((channel) => ({ text: channel, value: channel }));
  },
};

async function promoteFacts(holder: Holder, input: Input): Promise<Omit<PromoteFacts, 'draftId' | 'notice'>> {
  const { bot, caller } = holder;
  if (input.releaseId === null) return { input, release: null, channels: [], following: [] };
  const release = await chosenRelease(holder, input.releaseId);
  const { channels } = await showPipeline.run(bot.ctx, caller.actor, { id: release.productId });
  const { items } = await listEnvironments.run(bot.ctx, caller.actor, {});
  return {
    input,
    release,
    channels: channels.map(({ name }) => name).filter((name) => !release.channels.includes(name)),
    following: items.filter((each) => input.channel !== null && each.channels[release.productId] === input.channel),
  };
}
