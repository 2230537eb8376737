import type { EnvironmentView, HostView, Liveness } from '../../server/domain/views.ts';
import { counted } from '../../server/domain/wording.ts';
import { listEnvironments } from '../../server/services/environment/list.ts';
import { listHosts } from '../../server/services/host/list.ts';
import { countHosts } from '../../server/services/slack/fleet-counts.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import { inline } from '../cards/escape.ts';
import { dotted } from '../cards/words.ts';
import type { Bot, Caller, Reply } from '../caller.ts';
import { toConsole, type Handler } from './handler.ts';
import { everyHost } from './install.ts';
import { productNames } from './jobs.ts';
import { listing } from './listing.ts';
import { hint } from './names.ts';

const PAGE = 500;

export const hosts: Handler<'hosts'> = async (bot, caller, { name }) => {
  const { items: environments } = await listEnvironments.run(bot.ctx, caller.actor, {});
  if (name === undefined) return environmentList(bot, caller, environments);
  const environment = environments.find((each) => each.name.toLowerCase() === name.toLowerCase());
  const filter = environment ? { environmentId: environment.id } : { search: name.slice(0, 100) };
  const { items, next } = await listHosts.run(bot.ctx, caller.actor, { ...filter, limit: PAGE });
  if (items.length === 0 && !environment) throw await nobody(bot, caller, name, environments);
  const products = await productNames(bot, caller);
  const places = new Map(environments.map((each) => [each.id, each.name]));
  return listing({
    title: environment ? `Hosts of ${inline(environment.name, 80)}` : `Hosts with ${inline(name, 80)} in their name`,
    lines: items.map((host) => hostLine(bot, host, places.get(host.environmentId) ?? '', products)),
    more: next !== null,
    rest: toConsole(bot, '/hosts', 'all hosts in the console'),
    none: `${inline(environment?.name ?? '', 80)} has no hosts yet.`,
  });
};

async function nobody(bot: Bot, caller: Caller, name: string, environments: readonly EnvironmentView[]) {
  const known = [...environments, ...(await everyHost(bot, caller))];
  return new Refusal('not_found', `There is no host or environment ${name}. ${hint(name, known)}`);
}

async function environmentList(bot: Bot, caller: Caller, environments: readonly EnvironmentView[]): Promise<Reply> {
  const counts = await countHosts.run(bot.ctx, caller.actor, {});
  const products = await productNames(bot, caller);
  return listing({
    title: 'Environments',
    lines: environments.map(({ id, name, channels }) => {
      const own = counts.filter(({ environmentId }) => environmentId === id);
      const follows = Object.entries(channels).map(
        ([product, channel]) => `${products.get(Number(product)) ?? ''} on ${channel}`,
      );
      return dotted(
        `*${inline(name, 80)}*`,
        livenessText(own),
        follows.length === 0 ? null : inline(follows.join(', '), 200),
      );
    }),
    rest: toConsole(bot, '/hosts', 'all hosts in the console'),
    none: 'There is no environment yet. An admin declares one in a fleet file, in the console.',
  });
}

const WORDS = { live: 'live', unreachable: 'unreachable', unknown: 'not reached yet' } as const satisfies Record<
  Liveness,
  string
>;

/** `12 active hosts: 11 live, 1 unreachable`. */
export function livenessText(counts: readonly { readonly liveness: Liveness; readonly hosts: number }[]): string {
  const of = (liveness: Liveness) =>
    counts.reduce((sum, each) => sum + (each.liveness === liveness ? each.hosts : 0), 0);
  const all = counts.reduce((sum, each) => sum + each.hosts, 0);
  const parts = (['live', 'unreachable', 'unknown'] as const).filter((liveness) => of(liveness) > 0);
  const each = parts.map((liveness) => `${of(liveness)} ${WORDS[liveness]}`).join(', ');
  return `${counted(all, 'active host')}${each === '' ? '' : `: ${each}`}`;
}

function hostLine(bot: Bot, host: HostView, environment: string, products: ReadonlyMap<number, string>): string {
  const runs = host.reported.map(({ productId, version }) => `${products.get(productId) ?? ''} ${version}`);
  return dotted(
    `*${toConsole(bot, `/hosts/${host.id}`, host.name)}* in ${inline(environment, 80)}`,
    host.role === 'management' ? 'management' : null,
    host.life === 'active' ? WORDS[host.liveness] : host.life,
    runs.length === 0 ? 'runs nothing known' : inline(runs.join(', '), 200),
    host.livenessProblem && inline(host.livenessProblem.sentence, 200),
  );
}
