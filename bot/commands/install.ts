import { Refusal } from '../../server/contracts/errors.ts';
import { BUDGET_HINT, parseQuantity, parseWaves, WAVES_HINT } from '../../server/contracts/plan-text.ts';
import type { SlackDraftInput } from '../../server/contracts/slack.ts';
import type { HostView } from '../../server/domain/views.ts';
import { listEnvironments } from '../../server/services/environment/list.ts';
import { listHosts } from '../../server/services/host/list.ts';
import { startInstall } from '../../server/services/install/start.ts';
import { installTargets } from '../../server/services/targets.ts';
import { demand } from '../../server/services/verb.ts';
import type { Bot, Caller } from '../caller.ts';
import type { GivenOf } from '../grammar/commands.ts';
import { opens } from './dialog.ts';
import { question, type Handler } from './handler.ts';
import { named } from './names.ts';
import { impliedProduct, releaseNamed, releasesOf, subjectOf } from './subject.ts';

type Given = GivenOf<'install'>;
type Draft = Extract<SlackDraftInput, { dialog: 'install' }>;
type Hosts = Pick<Draft, 'hostIds' | 'labels' | 'all'>;

/** The dialog, with what was typed in it. Rule: section 4 (Deploying). */
export const install: Handler<'install'> = async (bot, caller, given) => {
  startInstall.admit(caller.actor);
  demandPlan(given);
  const release = await releaseMeant(bot, caller, given);
  const hosts = await hostsMeant(bot, caller, given);
  if (release.id !== null && release.name) {
    const targets = await targetsOf(bot, release.id, release.name.product, hosts);
    for (const target of targets) demand(caller.actor, 'job.install', target);
  }
  const input: Draft = {
    dialog: 'install',
    releaseId: release.id,
    ...(release.picks ? { picks: true } : {}),
    ...hosts,
    waves: given.waves,
    maxFailures: given['max-failures'],
    reason: given.reason,
  };
  const command = { name: 'install', given: { ...given, ...(release.name ? { release: release.name } : {}) } } as const;
  return opens(bot, caller, input, command);
};

/** What is named already; hosts that the dialog selects are judged there. */
async function targetsOf({ ctx }: Bot, releaseId: number, product: string, { hostIds, labels }: Hosts) {
  if (hostIds.length > 0) return installTargets(ctx, { releaseId, hostIds });
  return [labels['environment'] ?? []].flat().map((environment) => ({ product, environment }));
}

/** Said before a dialog opens, with the words that the dialog has for it. */
function demandPlan({ waves, 'max-failures': budget }: Given): void {
  if (waves !== undefined && parseWaves(waves) === null) throw question(`--waves: ${WAVES_HINT}`, 'waves');
  if (budget !== undefined && parseQuantity(budget, 0) === null) {
    throw question(`--max-failures: ${BUDGET_HINT}`, 'max_failures');
  }
}

/** The one that was named, or the thread's; without either the newest that could be installed, to be picked in the dialog. */
async function releaseMeant(bot: Bot, caller: Caller, { release: name }: Given) {
  if (name !== undefined || (await subjectOf(bot, caller)) !== null) {
    const { product, release } = await releaseNamed(bot, caller, name, 'install');
    return { id: release.id, picks: false, name: { product: product.name, version: release.version } };
  }
  const product = await impliedProduct(bot, caller);
  const releases = product === undefined ? [] : await releasesOf(bot, caller, product);
  const ready = releases.find(
    (each) => each.package === 'present' && each.archivedAt === null && each.channels.length > 0,
  );
  return { id: ready?.id ?? null, picks: true, name: undefined };
}

/** Hosts by name, or whatever labels and environments select when it is decided. */
async function hostsMeant(bot: Bot, caller: Caller, given: Given): Promise<Hosts> {
  const { on, in: environments, where } = given;
  if (on === undefined && environments === undefined && where === undefined) return { hostIds: [], labels: {} };
  if (on !== undefined) {
    if (environments === undefined && where === undefined)
      return { hostIds: await hostIds(bot, caller, on), labels: {} };
    throw question('Name hosts, or say which with `in` and `where`: not both.', 'hosts_twice');
  }
  const labels = {
    ...where,
    ...(environments ? { environment: await environmentNames(bot, caller, environments) } : {}),
  };
  return { hostIds: [], labels, all: true };
}

const EVERY_HOST = 1_000_000;

export async function everyHost({ ctx }: Bot, { actor }: Caller): Promise<HostView[]> {
  return (await listHosts.run(ctx, actor, { limit: EVERY_HOST })).items;
}

async function hostIds(bot: Bot, caller: Caller, names: readonly string[]): Promise<number[]> {
  const known = await everyHost(bot, caller);
  const hosts = names.map((name) => named('host', name, known));
  const resting = hosts.find(({ life }) => life !== 'active');
  if (!resting) return hosts.map(({ id }) => id);
  throw new Refusal('refused', `Install refused: ${resting.name} is ${resting.life}. Leave it out.`, {
    reason: 'host_not_active',
  });
}

async function environmentNames({ ctx }: Bot, { actor }: Caller, names: readonly string[]): Promise<string[]> {
  const { items } = await listEnvironments.run(ctx, actor, {});
  return names.map((name) => named('environment', name, items).name);
}
