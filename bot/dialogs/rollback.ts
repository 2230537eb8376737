import { mayDoSomewhere } from '../../server/domain/permission.ts';
import { counted } from '../../server/domain/wording.ts';
import { showJob } from '../../server/services/job/show.ts';
import { listProducts } from '../../server/services/product/list.ts';
import { previewRollback } from '../../server/services/rollback/preview.ts';
import { startRollback } from '../../server/services/rollback/start.ts';
import { rollbackObstacles } from '../../server/services/slack/rollback-obstacles.ts';
import type { Bot } from '../caller.ts';
import { inline } from '../cards/escape.ts';
import type { Message } from '../message.ts';
import { CHANGED, fingerprint } from './fingerprint.ts';
import { errorsOf, type DialogKind, type Holder, type InputOf, type Outcome } from './kind.ts';
import { jobLink, pageOf, quoted, told } from './links.ts';
import { kept, reasonMissing } from './state.ts';
import { rollbackDialog, rollbackOption, type RollbackFacts, type RollbackPreview } from './views/rollback.ts';

type Input = InputOf<'rollback'>;

/** The affected hosts of a job back to what was good on each. Rule: section 9 (Rollback). */
export const rollback: DialogKind<Input> = {
  title: 'Roll back',
  admit: startRollback.admit,

  read(input, fields) {
    const hosts = fields.ids('hosts');
    return {
      ...input,
      hostIds: hosts === undefined ? input.hostIds : hosts.length === 0 ? null : hosts,
      includeHealthy: fields.on('healthy') ?? input.includeHealthy,
      reason: kept(fields.text('reason'), input.reason),
      breakGlass: fields.on('glass') ?? input.breakGlass,
      glassReason: kept(fields.text('glassReason'), input.glassReason),
    };
  },

  async draw(holder, { id: draftId, input }, notice) {
    const facts = await rollbackFacts(holder, input);
    return { dialog: rollbackDialog({ ...facts, draftId, notice }), seen: planOf(facts) };
  },

  async submit(holder, { input }) {
    const facts = await rollbackFacts(holder, input);
    return unreadable(facts) ?? refusedOrChanged(facts) ?? go(holder, facts);
  },

  async options({ bot, caller }, { jobId, includeHealthy }, _field, query) {
    const { hosts } = await previewRollback.run(bot.ctx, caller.actor, { id: jobId, includeHealthy });
    const part = query.trim().toLowerCase();
    const found = hosts.filter(({ name }) => name.toLowerCase().includes(part));
    // Whoever rolls back looks for what is affected.
    found.sort((a, b) => Number(b.causes.length > 0) - Number(a.causes.length > 0));
    return found.map(rollbackOption);
  },
};

type Facts = Omit<RollbackFacts, 'draftId' | 'notice'>;

function orderOf({ jobId, hostIds, includeHealthy }: Input) {
  return { id: jobId, includeHealthy, ...(hostIds === null ? {} : { hostIds }) };
}

async function rollbackFacts({ bot, caller }: Holder, input: Input): Promise<Facts> {
  const { ctx } = bot;
  const job = await showJob.run(ctx, caller.actor, { id: input.jobId });
  const { items } = await listProducts.run(ctx, caller.actor, undefined);
  const preview = await previewRollback.run(ctx, caller.actor, orderOf(input));
  const covered = preview.hosts.filter(({ chosen, outcome }) => chosen && outcome === 'install');
  return {
    input,
    product: items.find(({ id }) => id === job.productId)?.name ?? '',
    preview,
    obstacles: await rollbackObstacles.run(ctx, caller.actor, {
      productId: job.productId,
      hosts: covered.flatMap(({ hostId, target }) => (target ? [{ hostId, releaseId: target.releaseId }] : [])),
    }),
    mayBreakGlass: mayDoSomewhere(caller.actor, 'break_glass.use'),
  };
}

function breaksGlass({ input, preview, mayBreakGlass }: Facts): boolean {
  return input.breakGlass === true && mayBreakGlass && preview.passable;
}

function unreadable(facts: Facts): Outcome | null {
  const { reason, glassReason } = facts.input;
  const silent = breaksGlass(facts) && glassReason === undefined;
  return errorsOf({
    reason: reasonMissing(reason),
    ...(silent ? { glassReason: 'Everybody reads why the glass was broken: say it.' } : {}),
  });
}

function refusedOrChanged(facts: Facts): Outcome | null {
  const { preview, input } = facts;
  if (preview.refusal && !breaksGlass(facts)) return { kind: 'again', notice: preview.refusal.sentence };
  return input.seen?.plan === planOf(facts) ? null : { kind: 'again', notice: CHANGED };
}

function planOf({ preview: { hosts, refusal, stuck }, obstacles }: Facts): string {
  const chosen = hosts.filter((host) => host.chosen);
  const each = chosen.map(({ hostId, outcome, target }) => [hostId, outcome, target?.releaseId ?? null]);
  return fingerprint([each, stuck, refusal?.code ?? null, obstacles]);
}

function go({ bot, caller }: Holder, facts: Facts): Outcome {
  const { input, product } = facts;
  const order = {
    ...orderOf(input),
    reason: input.reason ?? '',
    ...(breaksGlass(facts) ? { breakGlass: { reason: input.glassReason ?? '' } } : {}),
  };
  return { kind: 'go', run: async () => done(bot, product, await startRollback.run(bot.ctx, caller.actor, order)) };
}

type Started = RollbackPreview & Awaited<ReturnType<typeof startRollback.run>>;

function done(bot: Bot, product: string, { started, contained, jobId }: Started): Message {
  const jobs = started.slice(0, 10).map((job) => {
    const hosts = Object.values(job.counts).reduce((sum, count) => sum + count, 0);
    const waits = job.status === 'waiting_approval' ? ', waits for approval' : '';
    const what = `${inline(product, 80)} to ${inline(job.version, 80)} on ${counted(hosts, 'host')}`;
    return `*Rollback started:* ${jobLink(bot, job.id)}, ${what}${waits}.`;
  });
  if (!contained) return told(...jobs);
  const { incident } = contained;
  const link = `<${pageOf(bot, `/incidents/${incident.id}`)}|Incident ${incident.id}>`;
  return told(
    ...jobs,
    `*Contained:* ${quoted(incident.cause.sentence)} Job ${jobId} goes no further. ${link} has the evidence.`,
  );
}
