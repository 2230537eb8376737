import { openRecall } from '../../server/services/recall/open.ts';
import { previewRecall } from '../../server/services/recall/preview.ts';
import { inline } from '../cards/escape.ts';
import { CHANGED, fingerprint } from './fingerprint.ts';
import { errorsOf, type DialogKind, type Holder, type InputOf } from './kind.ts';
import { jobLink, pageOf, told } from './links.ts';
import { chosenRelease, pickedRelease, releaseOptions, type ChosenRelease } from './release-field.ts';
import { kept, reasonMissing } from './state.ts';
import { recallDialog } from './views/recall.ts';
import type { RecallPreview } from './views/recall-lines.ts';

type Input = InputOf<'recall'>;

/** A recall of one release, hosts going forward, with what it would do. Ranges are the console's. Rule: section 9. */
export const recall: DialogKind<Input> = {
  title: 'Recall release',
  admit: openRecall.admit,

  read: (input, fields) => ({
    ...input,
    releaseId: pickedRelease(fields, input.releaseId),
    reason: kept(fields.text('reason'), input.reason),
  }),

  async draw(holder, { id: draftId, input }, notice) {
    const facts = await recallFacts(holder, input);
    return { dialog: recallDialog({ ...facts, draftId, notice }), seen: facts.preview ? seenOf(facts.preview) : '' };
  },

  async submit(holder, { input }) {
    const { bot, caller } = holder;
    const { release, preview } = await recallFacts(holder, input);
    if (!release || !preview) return errorsOf({ release: 'Choose a release.' })!;
    const problem = reasonMissing(input.reason);
    if (problem) return errorsOf({ reason: problem })!;
    if (preview.refusal) return { kind: 'again', notice: preview.refusal.sentence };
    if (input.seen?.plan !== seenOf(preview)) return { kind: 'again', notice: CHANGED };
    return {
      kind: 'go',
      run: async () => {
        const order = { ...recallOf(release), reason: input.reason ?? '' };
        return opened(bot, release, await openRecall.run(bot.ctx, caller.actor, order));
      },
    };
  },

  options: (holder, _input, _field, query) => releaseOptions(holder, query),
};

/** What `openRecall` and its preview take for one release. */
export function recallOf({ productId, version }: Pick<ChosenRelease, 'productId' | 'version'>) {
  return { productId, range: { only: version }, except: [], strategy: { type: 'forward' as const } };
}

async function recallFacts(holder: Holder, input: Input) {
  if (input.releaseId === null) return { input, release: null, preview: null };
  const { bot, caller } = holder;
  const release = await chosenRelease(holder, input.releaseId);
  return { input, release, preview: await previewRecall.run(bot.ctx, caller.actor, recallOf(release)) };
}

/** What whoever confirms it confirms: who runs it, who moves where, and what would refuse it. */
function seenOf({ hosts, jobs, refusal }: RecallPreview): string {
  const each = hosts.map(({ hostId, outcome }) => [hostId, outcome]);
  return fingerprint([each, jobs.map(({ version, hosts }) => [version, hosts]), refusal?.code ?? null]);
}

function opened(
  bot: Holder['bot'],
  { product, version }: ChosenRelease,
  { recall: { id }, jobs }: Awaited<ReturnType<typeof openRecall.run>>,
) {
  const link = `<${pageOf(bot, `/recalls/${id}`)}|Recall ${id}>`;
  return told(
    `${link} of *${inline(product, 80)} ${inline(version, 80)}* is open: it is served nowhere while it lasts.`,
    jobs.length === 0
      ? 'No host is rolled off now.'
      : `Rolls hosts off: ${jobs.map((job) => `${jobLink(bot, job.id)} to ${inline(job.version, 80)}`).join(', ')}`,
  );
}
