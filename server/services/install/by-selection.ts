import { createHash } from 'node:crypto';
import { findRelease } from '../../../db/queries/releases.ts';
import { Refusal } from '../../contracts/errors.ts';
import { matchesHost, parseHostFilter } from '../../domain/host-filter.ts';
import { outOfServiceMatching, selectedIds, type HostSelection } from '../../domain/host-selection.ts';
import { counted } from '../../domain/wording.ts';
import type { Context } from '../context.ts';
import { hostChoices } from '../host/choices.ts';
import type { Actor, Verb } from '../verb.ts';
import type { InstallInput } from './facts.ts';
import { previewInstall } from './preview.ts';

/** What a preview said that a selection stands for. */
export interface Selected {
  hosts: number;
  /** Two selections with the same one stand for the same hosts. */
  fingerprint: string;
}

export type SelectingInput<I> = I & { select?: (HostSelection & { seen?: Selected | undefined }) | undefined };

/**
 * The verb for a selection that is resolved here: what is judged, permitted and started is the same list. Refusal:
 * `selection_changed` when it is not the one that was previewed.
 */
export function bySelection<I extends InstallInput, O>(verb: Verb<I, O>): Verb<SelectingInput<I>, O> {
  return {
    action: verb.action,
    admit: verb.admit,
    async run(ctx, actor, asked) {
      verb.admit(actor);
      return verb.run(ctx, actor, (await resolved(ctx, actor, asked)).input);
    },
  };
}

/** As the preview of an install, which says what the selection stands for now. */
export const previewSelection: Verb<
  SelectingInput<InstallInput>,
  Awaited<ReturnType<typeof previewInstall.run>> & { selected: Selected | null }
> = {
  action: previewInstall.action,
  admit: previewInstall.admit,
  async run(ctx, actor, asked) {
    previewInstall.admit(actor);
    const { input, selected } = await resolved(ctx, actor, asked);
    return { ...(await previewInstall.run(ctx, actor, input)), selected };
  },
};

async function resolved<I extends InstallInput>(
  ctx: Context,
  actor: Actor,
  selecting: SelectingInput<I>,
): Promise<{ input: I; selected: Selected | null }> {
  const { select, ...input } = selecting as SelectingInput<InstallInput>;
  if (!select) return { input: input as I, selected: null };
  const found = await findRelease(ctx.db, input.releaseId);
  if (!found) return { input: input as I, selected: null };
  const choices = await hostChoices.run(ctx, actor, { productId: found.product.id });
  const hosts = choices.map((host) => ({ ...host, version: host.version ?? '' }));
  const hostIds = selectedIds(hosts, select);
  const filter = parseHostFilter(select.filter);
  const resting = outOfServiceMatching(hosts, (host) => matchesHost(filter, host), select.except);
  const selected = { hosts: hostIds.length, fingerprint: fingerprintOf(hostIds) };
  if (select.seen && select.seen.fingerprint !== selected.fingerprint) throw changed(select.seen, selected);
  const asked = { ...input, hostIds: [...hostIds, ...resting.map(({ id }) => id)] };
  return { input: (resting.length > 0 ? { ...asked, leaveOut: true } : asked) as I, selected };
}

function fingerprintOf(ids: readonly number[]): string {
  const sorted = ids.toSorted((a, b) => a - b);
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url');
}

function changed(seen: Selected, now: Selected): Refusal {
  const then = `${counted(seen.hosts, 'host')} matched when you looked, ${now.hosts} match now`;
  const other = `the ${counted(now.hosts, 'host')} that match are not those that you saw`;
  return new Refusal(
    'refused',
    `Install refused: ${seen.hosts === now.hosts ? other : then}. Look at the plan once more, then start it.`,
    { reason: 'selection_changed' },
  );
}
