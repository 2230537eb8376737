import { Refusal } from '../../server/contracts/errors.ts';
import { BUDGET_HINT, parseQuantity, parseWaves, WAVES_HINT, wavesText } from '../../server/contracts/plan-text.ts';
import { mayDoSomewhere } from '../../server/domain/permission.ts';
import { quantityText } from '../../server/domain/quantity.ts';
import type { JobPlan, JobView } from '../../server/domain/views.ts';
import { fullPlan } from '../../server/services/install/facts.ts';
import { previewInstall } from '../../server/services/install/preview.ts';
import { startPath } from '../../server/services/install/path.ts';
import { startInstall } from '../../server/services/install/start.ts';
import { listProducts } from '../../server/services/product/list.ts';
import { showRelease } from '../../server/services/release/show.ts';
import { hostChoices } from '../../server/services/host/choices.ts';
import { releaseChoices } from '../../server/services/slack/choices.ts';
import { counted } from '../../server/domain/wording.ts';
import { inline, plain } from '../cards/escape.ts';
import { leftOutLine } from '../cards/words.ts';
import type { DialogOption } from '../entries.ts';
import type { Bot } from '../caller.ts';
import type { Message } from '../message.ts';
import { CHANGED, fingerprint } from './fingerprint.ts';
import { errorsOf, type DialogKind, type Holder, type Outcome } from './kind.ts';
import { jobLink, pageOf, quoted, told } from './links.ts';
import {
  askedFor,
  chosenIds,
  fits,
  hostOptions,
  labelOptions,
  matching,
  OPTIONS_MAX,
  readLabels,
} from './selection.ts';
import { kept } from './state.ts';
import { goesByPath, installDialog, overrides, type InstallDraft, type InstallFacts } from './views/install.ts';
import { blockId, REASON_MAX, type Field } from './views/parts.ts';
import type { InstallPreview } from './views/plan-lines.ts';

/** Install Update: release, hosts, waves and budget, with the plan that follows from them. Rules: sections 4, 10 and 11. */
export const install: DialogKind<InstallDraft> = {
  title: 'Install Update',
  admit: startInstall.admit,
  begin,

  read(input, fields) {
    const lists = [fields.ids('management'), fields.ids('targets')];
    const picked = fields.many('release');
    const labels = fields.many('labels');
    return {
      ...input,
      releaseId: picked === undefined ? input.releaseId : (fields.ids('release')?.[0] ?? null),
      hostIds: lists.some((list) => list !== undefined) ? lists.flatMap((list) => list ?? []) : input.hostIds,
      all: fields.on('all') ?? input.all,
      except: fields.ids('except') ?? input.except,
      labels: labels === undefined ? input.labels : readLabels(labels),
      waves: kept(fields.text('waves'), input.waves),
      maxFailures: kept(fields.text('budget'), input.maxFailures),
      reason: kept(fields.text('reason'), input.reason),
      breakGlass: fields.on('glass') ?? input.breakGlass,
      glassReason: kept(fields.text('glassReason'), input.glassReason),
      override: fields.on('override') ?? input.override,
      overrideReason: kept(fields.text('overrideReason'), input.overrideReason),
      path: fields.on('path') ?? input.path,
    };
  },

  async draw(holder, draft, notice) {
    const facts = await installFacts(holder, draft.input);
    const dialog = installDialog({ ...facts, draftId: draft.id, notice });
    return { dialog, seen: facts.preview ? planOf(facts.preview) : '' };
  },

  async submit(holder, { input }) {
    const facts = await installFacts(holder, input);
    return unreadable(facts) ?? refusedOrChanged(facts) ?? go(holder, facts);
  },

  async options(holder, input, field, query) {
    if (field === 'release') return releaseOptions(holder, query);
    if (input.releaseId === null) return [];
    const { productId } = await showRelease.run(holder.bot.ctx, holder.caller.actor, { id: input.releaseId });
    const hosts = await hostChoices.run(holder.bot.ctx, holder.caller.actor, { productId });
    return hostFieldOptions(hosts, input, field, query);
  },
};

function begin(_holder: Holder, input: InstallDraft): Promise<InstallDraft> {
  const odd = Object.entries(input.labels).some(([key, values]) =>
    [values].flat().some((value) => !fits(`${key}=${value}`)),
  );
  if (odd) throw new Refusal('not_found', 'Install refused: no host can have such a label. Check the labels.');
  return Promise.resolve({ ...input, picks: input.picks === true || input.releaseId === null });
}

type Facts = Omit<InstallFacts, 'draftId' | 'notice'>;

async function installFacts({ bot, caller }: Holder, input: InstallDraft): Promise<Facts> {
  const { ctx } = bot;
  const defaults = fullPlan(ctx);
  const base = {
    input,
    mayBreakGlass: mayDoSomewhere(caller.actor, 'break_glass.use'),
    defaults: { waves: wavesText(defaults.waves), maxFailures: quantityText(defaults.maxFailures) },
  };
  if (input.releaseId === null) return { ...base, chosen: null, hosts: [], preview: null, problems: [] };
  const release = await showRelease.run(ctx, caller.actor, { id: input.releaseId });
  const { items } = await listProducts.run(ctx, caller.actor, undefined);
  const product = items.find(({ id }) => id === release.productId)?.name ?? '';
  const hosts = await hostChoices.run(ctx, caller.actor, { productId: release.productId });
  const { plan, problems } = readPlan(input);
  const asked = askedFor(hosts, input);
  const judged = { preview: null, problems: Object.values(problems).flatMap((problem) => problem ?? []) };
  return {
    ...base,
    chosen: { release, product, url: pageOf(bot, '/releases') },
    hosts,
    ...(asked.hostIds.length === 0 || judged.problems.length > 0
      ? judged
      : await judge(() => previewInstall.run(ctx, caller.actor, { releaseId: release.id, ...asked, plan }))),
  };
}

/** A host that is gone meanwhile makes no preview: its refusal is shown where the plan would be. */
async function judge(preview: () => Promise<InstallPreview>): Promise<Pick<Facts, 'preview' | 'problems'>> {
  try {
    return { preview: await preview(), problems: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { preview: null, problems: [error.message] };
  }
}

/** The plan as asked for; an empty field asks for the server's own. */
function readPlan({ waves, maxFailures }: InstallDraft) {
  const read = {
    waves: waves === undefined ? undefined : parseWaves(waves),
    maxFailures: maxFailures === undefined ? undefined : parseQuantity(maxFailures, 0),
  };
  const plan: Partial<JobPlan> = {
    ...(read.waves ? { waves: read.waves } : {}),
    ...(read.maxFailures ? { maxFailures: read.maxFailures } : {}),
  };
  return {
    plan,
    problems: {
      waves: read.waves === null ? WAVES_HINT : null,
      budget: read.maxFailures === null ? `Failure budget: ${BUDGET_HINT}` : null,
    },
  };
}

function unreadable(facts: Facts): Outcome | null {
  const { input, chosen, hosts, mayBreakGlass } = facts;
  if (!chosen) return errorsOf({ release: 'Choose a release.' });
  const none = chosenIds(hosts, input).length === 0;
  const glass = input.breakGlass === true && mayBreakGlass;
  return errorsOf({
    ...(none ? { [blockId(emptyField(hosts, input), chosen.release.productId)]: nobody(hosts, input) } : {}),
    ...readPlan(input).problems,
    reason: (input.reason ?? '').length > REASON_MAX ? `At most ${REASON_MAX} characters.` : null,
    ...(glass && input.glassReason === undefined
      ? { [blockId('glassReason')]: 'Everybody reads why the glass was broken: say it.' }
      : {}),
    ...(overrides(facts) && input.overrideReason === undefined
      ? { [blockId('overrideReason')]: 'Whoever approves it, and the log, read why the window does not hold: say it.' }
      : {}),
  });
}

/** The field that the dialog shows for what was not chosen. */
function emptyField(hosts: Facts['hosts'], { all }: InstallDraft): Field {
  if (all) return 'all';
  const roles = new Set(hosts.filter(({ stop }) => stop === null).map(({ role }) => role));
  return roles.has('target') ? 'targets' : roles.has('management') ? 'management' : 'all';
}

function nobody(hosts: Facts['hosts'], { all, labels }: InstallDraft): string {
  if (matching(hosts, {}).length === 0) return 'No host can be chosen: none follows a channel of this product.';
  if (all && matching(hosts, labels).length === 0) return 'No host has these labels. Choose others, or none.';
  return 'Choose at least one host.';
}

function refusedOrChanged({ input, preview, problems, mayBreakGlass }: Facts): Outcome | null {
  if (!preview) return { kind: 'again', notice: problems[0] ?? 'Choose at least one host.' };
  const passed = input.breakGlass === true && mayBreakGlass && preview.passable;
  if (preview.refusal && !passed && !goesByPath({ input, preview }))
    return { kind: 'again', notice: preview.refusal.sentence };
  return input.seen?.plan === planOf(preview) ? null : { kind: 'again', notice: CHANGED };
}

/** What whoever confirms a plan confirms: hosts, waves, holds, approval, and what would refuse it. */
function planOf({ hosts, waves, approval, refusal, plan, path }: InstallPreview): string {
  const each = hosts.map(({ hostId, fromVersion, outcome, wave, heldBy, windowClosed }) => {
    return [hostId, fromVersion, outcome, wave, heldBy?.sentence ?? null, windowClosed?.sentence ?? null];
  });
  return fingerprint([each, waves, approval, refusal?.code ?? null, plan.waves, plan.maxFailures, path?.legs ?? null]);
}

function go({ bot, caller }: Holder, facts: Facts): Outcome {
  const { input, chosen, hosts, preview } = facts;
  const glass = input.breakGlass === true && preview?.passable === true;
  const order = {
    releaseId: chosen!.release.id,
    ...askedFor(hosts, input),
    plan: readPlan(input).plan,
    reason: input.reason,
    ...(overrides(facts) ? { override: { reason: input.overrideReason ?? '' } } : {}),
    ...(glass ? { breakGlass: { reason: input.glassReason ?? '' } } : {}),
  };
  if (goesByPath(facts)) {
    const { breakGlass: _broken, ...path } = { breakGlass: undefined, ...order };
    return {
      kind: 'go',
      run: async () => requestedPath(bot, chosen!.product, (await startPath.run(bot.ctx, caller.actor, path)).jobs),
    };
  }
  return {
    kind: 'go',
    run: async () => requested(bot, chosen!.product, await startInstall.run(bot.ctx, caller.actor, order)),
  };
}

function requested(bot: Bot, product: string, job: JobView): Message {
  const hosts = Object.values(job.counts).reduce((sum, count) => sum + count, 0);
  const what = `${inline(product, 80)} ${inline(job.version, 80)} on ${counted(hosts, 'host')}`;
  const waits = job.status === 'waiting_approval';
  return told(
    `*${waits ? 'Installation asked for' : 'Installation started successfully'}:* ${jobLink(bot, job.id)}, ${what}.`,
    ...(waits ? ['It starts once it is approved.'] : []),
    ...(job.problem ? [quoted(job.problem.sentence)] : []),
    ...leftOutOf(job),
  );
}

function leftOutOf(job: JobView | undefined): string[] {
  const line = job && leftOutLine(job);
  return line ? [line] : [];
}

function requestedPath(bot: Bot, product: string, jobs: readonly JobView[]): Message {
  const legs = jobs.map((job) => `${jobLink(bot, job.id)} ${inline(job.version, 80)}`);
  const waits = jobs[0]?.status === 'waiting_approval';
  return told(
    `*Installation of ${inline(product, 80)} ${waits ? 'asked for' : 'started'} by the required path:* ${legs.join(' → ')}.`,
    'Each job goes once the one before it has succeeded.',
    ...(waits ? ['Each waits for its approval.'] : []),
    ...leftOutOf(jobs[0]),
  );
}

async function releaseOptions({ bot, caller }: Holder, query: string): Promise<DialogOption[]> {
  const found = await releaseChoices.run(bot.ctx, caller.actor, { text: query.trim(), limit: OPTIONS_MAX });
  return found.map(({ id, product, version, package: state }) => {
    const rest = state === 'present' ? ' · downloaded' : ' · not downloaded';
    return { text: plain(`${product} ${version}`, 75 - rest.length) + rest, value: String(id) };
  });
}

function hostFieldOptions(hosts: Facts['hosts'], input: InstallDraft, field: Field, query: string): DialogOption[] {
  const free = matching(hosts, input.labels);
  if (field === 'labels') return labelOptions(hosts, query);
  if (field === 'except') return hostOptions(free, query);
  const role = field === 'management' ? 'management' : 'target';
  return hostOptions(
    free.filter((host) => host.role === role),
    query,
  );
}
