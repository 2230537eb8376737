import { listApprovals } from '../../server/services/approval/list.ts';
import { cardLinks } from '../../server/services/slack/fleet-counts.ts';
import type { Bot, Caller } from '../caller.ts';
import { link, when } from '../cards/blocks.ts';
import { inline } from '../cards/escape.ts';
import { APPROVAL_STATES, dotted, names, scopeText } from '../cards/words.ts';
import { toConsole, type Handler } from './handler.ts';
import { productNames } from './jobs.ts';
import { listing } from './listing.ts';

const PAGE = 100;

type Item = Awaited<ReturnType<typeof listApprovals.run>>['items'][number];

/** Deciding is a matter of the card, which shows the exact plan: the list leads there. Rule: section 11. */
export const approvals: Handler<'approvals'> = async (bot, caller, { past }) => {
  const filter = past ? { limit: PAGE } : { state: 'pending' as const, limit: PAGE };
  const { items, next } = await listApprovals.run(bot.ctx, caller.actor, filter);
  return listing({
    title: past ? 'Requests for approval' : 'Requests that wait for approval',
    lines: await approvalLines(bot, caller, items),
    more: next !== null,
    rest: toConsole(bot, '/approvals', 'all requests in the console'),
    none: past ? 'There has been no request for approval.' : 'Nothing waits for approval.',
  });
};

/** One line for each request, escaped. */
export async function approvalLines(bot: Bot, caller: Caller, items: readonly Item[]): Promise<string[]> {
  const products = await productNames(bot, caller);
  const cards = await cardLinks.run(bot.ctx, caller.actor, { of: 'approval', ids: items.map(({ id }) => id) });
  return items.map((item) => {
    const card = cards.get(item.id);
    const given = item.approvedBy.length === 0 ? '' : ` (${names(item.approvedBy)})`;
    return dotted(
      `${toConsole(bot, `/approvals/${item.id}`, `#${item.id}`)} ${inline(products.get(item.productId) ?? '', 80)} ${inline(item.version, 80)}`,
      scopeText(item.plan.environments, item.plan.hosts),
      `asked by ${inline(item.requester, 60)}`,
      item.state === 'pending' ? `${item.approvedBy.length} of ${item.required}${given}` : APPROVAL_STATES[item.state],
      item.state === 'pending' ? `${item.roles.join(' or ')} may approve until ${when(item.expiresAt)}` : null,
      item.endedBy === null ? null : `by ${inline(item.endedBy, 60)}`,
      card === undefined ? null : link(card, 'its card'),
    );
  });
}
