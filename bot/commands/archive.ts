import { archiveRelease } from '../../server/services/release/archive.ts';
import { demand } from '../../server/services/verb.ts';
import { said } from '../caller.ts';
import { inline } from '../cards/escape.ts';
import { toConsole, type Handler } from './handler.ts';
import { releaseNamed } from './subject.ts';

/** Hides it from lists, and nothing else: there is nothing to confirm. Rule: section 4 (Archive). */
export const archive: Handler<'archive'> = async (bot, caller, { release: name, reason }) => {
  const { product, release } = await releaseNamed(bot, caller, name, 'archive');
  demand(caller.actor, 'release.archive', { product: product.name });
  await archiveRelease.run(bot.ctx, caller.actor, { id: release.id, reason });
  const what = `${inline(product.name, 80)} ${inline(release.version, 80)} is archived: lists leave it out, channels and hosts keep it.`;
  return said(`${what} ${toConsole(bot, `/releases?product=${encodeURIComponent(product.name)}`)} has it back.`);
};
