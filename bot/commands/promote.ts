import { showPipeline } from '../../server/services/pipeline/show.ts';
import { promoteRelease } from '../../server/services/release/promote.ts';
import { demand } from '../../server/services/verb.ts';
import { said } from '../caller.ts';
import { inline } from '../cards/escape.ts';
import { opens } from './dialog.ts';
import { question, toConsole, typed, type Handler } from './handler.ts';
import { named, some } from './names.ts';
import { releaseNamed, subjectOf } from './subject.ts';

/** A person's decision, with its reason: soak and window are skipped. What is not said is picked in a dialog. Rule: section 7 (By hand). */
export const promote: Handler<'promote'> = async (bot, caller, { release: name, channel, source, reason }) => {
  if (name === undefined && (await subjectOf(bot, caller)) === null) {
    promoteRelease.admit(caller.actor);
    const input = { dialog: 'promote', releaseId: null, channel: null, reason, picks: true } as const;
    return opens(bot, caller, input, { name: 'promote', given: {} });
  }
  const { product, release } = await releaseNamed(bot, caller, name, 'promote');
  demand(caller.actor, 'release.promote', { product: product.name });
  const exactly = `promote ${product.name} ${release.version}`;
  const { channels } = await showPipeline.run(bot.ctx, caller.actor, { id: product.id });
  if (channel === undefined && caller.thread === null) {
    const input = { dialog: 'promote', releaseId: release.id, channel: null, reason } as const;
    const given = { release: { product: product.name, version: release.version } };
    return opens(bot, caller, input, { name: 'promote', given });
  }
  if (channel === undefined) {
    const names = some(channels.map((each) => each.name));
    throw question(
      `To which channel? There is ${names}. Say ${typed(bot, caller, `${exactly} to ${channels.at(-1)?.name ?? 'stable'} why`)}.`,
      'which_channel',
    );
  }
  const target = named(`channel of ${product.name}`, channel, channels).name;
  const from = source === undefined ? undefined : named(`channel of ${product.name}`, source, channels).name;
  if (reason === undefined) {
    throw question(`Why? Say it behind: ${typed(bot, caller, `${exactly} to ${target} why`)}.`, 'which_reason');
  }
  await promoteRelease.run(bot.ctx, caller.actor, { id: release.id, channel: target, from, reason });
  const what = `${inline(product.name, 80)} ${inline(release.version, 80)}`;
  return said(`${what} is on ${inline(target, 80)}. ${toConsole(bot, `/pipelines/${product.id}`, 'Its pipeline')}`);
};
