import type { IncidentView } from '../../server/domain/views.ts';
import { acknowledgeIncident } from '../../server/services/incident/acknowledge.ts';
import { listIncidents } from '../../server/services/incident/list.ts';
import { cardLinks } from '../../server/services/slack/fleet-counts.ts';
import { link, when } from '../cards/blocks.ts';
import { inline } from '../cards/escape.ts';
import { dotted } from '../cards/words.ts';
import type { Bot, Caller } from '../caller.ts';
import { question, toConsole, typed, type Handler } from './handler.ts';
import { productNames } from './jobs.ts';
import { listing, told } from './listing.ts';
import { subjectOf } from './subject.ts';

const PAGE = 100;

export const incidents: Handler<'incidents'> = async (bot, caller, { past }) => {
  const { items, more } = past ? await every(bot, caller) : await unresolved(bot, caller);
  return listing({
    title: past ? 'Incidents' : 'Incidents that are not resolved',
    lines: await incidentLines(bot, caller, items),
    more,
    rest: toConsole(bot, '/incidents', 'all incidents in the console'),
    none: past ? 'There has been no incident.' : 'No incident is open.',
  });
};

async function every({ ctx }: Bot, { actor }: Caller) {
  const { items, next } = await listIncidents.run(ctx, actor, { limit: PAGE });
  return { items, more: next !== null };
}

/** Open ones first, then those that somebody has. */
export async function unresolved({ ctx }: Bot, { actor }: Caller) {
  const open = await listIncidents.run(ctx, actor, { status: 'open', limit: PAGE });
  const taken = await listIncidents.run(ctx, actor, { status: 'acknowledged', limit: PAGE });
  return { items: [...open.items, ...taken.items], more: open.next !== null || taken.next !== null };
}

/** One line for each incident, escaped. */
export async function incidentLines(bot: Bot, caller: Caller, items: readonly IncidentView[]): Promise<string[]> {
  const products = await productNames(bot, caller);
  const cards = await cardLinks.run(bot.ctx, caller.actor, { of: 'incident', ids: items.map(({ id }) => id) });
  return items.map((incident) => {
    const { id, jobId, status, owner, version } = incident;
    const thread = cards.get(id) ?? incident.slackUrl;
    return dotted(
      `${toConsole(bot, `/incidents/${id}`, `#${id}`)} ${inline(products.get(incident.productId) ?? '', 80)} ${inline(version, 80)}, job ${jobId}`,
      owner === null ? status : `${status}, ${inline(owner, 60)} has it`,
      inline(incident.cause.sentence, 300),
      when(incident.openedAt),
      thread === null ? null : link(thread, 'its thread'),
    );
  });
}

export const ack: Handler<'ack'> = async (bot, caller, { incident }) => {
  const id = incident ?? (await subjectOf(bot, caller))?.incidentId ?? (await whichIncident(bot, caller));
  const taken = await acknowledgeIncident.run(bot.ctx, caller.actor, { id });
  return told([`Incident ${id} is yours.`, ...(await incidentLines(bot, caller, [taken]))]);
};

async function whichIncident(bot: Bot, caller: Caller): Promise<never> {
  const { items } = await listIncidents.run(bot.ctx, caller.actor, { status: 'open', limit: 3 });
  const shown = items.map(({ id, version }) => `${typed(bot, caller, `ack ${id}`)} (${version})`);
  const known = shown.length > 0 ? `Perhaps ${shown.join(', ')}.` : 'No incident waits to be acknowledged.';
  throw question(`Which incident? Name its number. ${known}`, 'which_incident');
}
