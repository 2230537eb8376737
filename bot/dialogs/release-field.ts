import { listProducts } from '../../server/services/product/list.ts';
import { showRelease } from '../../server/services/release/show.ts';
import { releaseChoices } from '../../server/services/slack/choices.ts';
import { plain } from '../cards/escape.ts';
import type { DialogOption } from '../entries.ts';
import type { Holder } from './kind.ts';
import { OPTIONS_MAX } from './selection.ts';
import type { Entered } from './state.ts';

/** The release of a dialog that may pick one: what is in its field, else what it was opened with. */
export function pickedRelease(fields: Entered, before: number | null): number | null {
  return fields.many('release') === undefined ? before : (fields.ids('release')?.[0] ?? null);
}

export interface ChosenRelease {
  readonly id: number;
  readonly productId: number;
  readonly product: string;
  readonly version: string;
  readonly channels: readonly string[];
}

export async function chosenRelease({ bot, caller }: Holder, id: number): Promise<ChosenRelease> {
  const release = await showRelease.run(bot.ctx, caller.actor, { id });
  const { items } = await listProducts.run(bot.ctx, caller.actor, undefined);
  const product = items.find((each) => each.id === release.productId)?.name ?? '';
  return { id, productId: release.productId, product, version: release.version, channels: release.channels };
}

export async function releaseOptions({ bot, caller }: Holder, query: string): Promise<DialogOption[]> {
  const found = await releaseChoices.run(bot.ctx, caller.actor, { text: query.trim(), limit: OPTIONS_MAX });
  return found.map(({ id, product, version }) => ({ text: plain(`${product} ${version}`, 75), value: String(id) }));
}
