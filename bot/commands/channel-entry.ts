import { demand } from '../../server/services/verb.ts';
import { undemoteRelease } from '../../server/services/release/undemote.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import { listed } from '../../server/domain/wording.ts';
import { escapeMrkdwn } from '../cards/escape.ts';
import { said } from '../caller.ts';
import { opens } from './dialog.ts';
import { typed, type Handler } from './handler.ts';
import { named } from './names.ts';
import { releaseNamed, type Found } from './subject.ts';

/** Shows the impact before anything is done. Rule: section 4 (Demote). */
export const demote: Handler<'demote'> = async (bot, caller, given) => {
  const found = await releaseNamed(bot, caller, given.release, 'demote');
  const { product, release } = found;
  demand(caller.actor, 'release.demote', { product: product.name });
  const channel = channelOf(found, given.channel, release.channels);
  if (channel === null && release.channels.length === 0) {
    throw new Refusal('refused', `Demote refused: ${product.name} ${release.version} is active on no channel.`);
  }
  const command = { name: 'demote', given: { ...given, release: exactly(found) } } as const;
  return opens(bot, caller, { dialog: 'demote', releaseId: release.id, channel, reason: given.reason }, command);
};

/** With channel and reason it is done at once: nothing moves by it. Rule: section 4 (Un-demote). */
export const undemote: Handler<'undemote'> = async (bot, caller, given) => {
  const found = await releaseNamed(bot, caller, given.release, 'undemote');
  const { product, release } = found;
  demand(caller.actor, 'release.demote', { product: product.name });
  const demoted = release.demotions.map((each) => each.channel);
  if (demoted.length === 0) {
    const sentence = `Un-demote refused: ${product.name} ${release.version} is demoted on no channel. There is nothing to undo.`;
    throw new Refusal('stale', sentence, { reason: 'not_demoted' });
  }
  const channel = channelOf(found, given.channel, demoted);
  if (channel === null || given.reason === undefined) {
    const command = { name: 'undemote', given: { ...given, release: exactly(found) } } as const;
    return opens(bot, caller, { dialog: 'undemote', releaseId: release.id, channel, reason: given.reason }, command);
  }
  await undemoteRelease.run(bot.ctx, caller.actor, { id: release.id, channel, reason: given.reason });
  const again = `${product.name} ${release.version} is active on ${channel} again, at its old place.`;
  return said(
    escapeMrkdwn(`${again} To take it off: ${typed(bot, caller, `demote ${product.name} ${release.version}`)}`),
  );
};

/** The channel that was named and has an entry, or the only one it can be; null: to be picked. */
function channelOf({ product, release }: Found, name: string | undefined, possible: readonly string[]): string | null {
  if (name === undefined) return possible.length === 1 ? (possible[0] ?? null) : null;
  const entries = [...new Set([...release.channels, ...release.demotions.map(({ channel }) => channel)])];
  const channel = named(`entry of ${product.name} ${release.version} on channel`, name, asNamed(entries)).name;
  if (possible.includes(channel)) return channel;
  throw new Refusal('stale', standing(release, channel, possible));
}

function standing({ version, demotions }: Found['release'], channel: string, possible: readonly string[]): string {
  const demotion = demotions.find((each) => each.channel === channel);
  const state = demotion
    ? `${demotion.by} demoted ${version} on ${channel} already: "${demotion.reason}".`
    : `${version} is active on ${channel}: there is nothing to undo.`;
  const other = possible.length === 0 ? '' : ` It could be ${listed(possible)}.`;
  return state + other;
}

function asNamed(names: readonly string[]): { readonly name: string }[] {
  return names.map((name) => ({ name }));
}

function exactly({ product, release }: Found) {
  return { product: product.name, version: release.version };
}
