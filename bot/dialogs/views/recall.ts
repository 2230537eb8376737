import { inline } from '../../cards/escape.ts';
import type { Dialog } from '../../message.ts';
import type { InputOf } from '../kind.ts';
import type { ChosenRelease } from '../release-field.ts';
import { dialog, divider, note, notice, REASON_MAX, section, textField } from './parts.ts';
import { recallLines, type RecallPreview } from './recall-lines.ts';
import { releaseField } from './release.ts';

export interface RecallFacts {
  readonly draftId: string;
  readonly input: InputOf<'recall'>;
  readonly release: ChosenRelease | null;
  readonly preview: RecallPreview | null;
  readonly notice: string | null;
}

export function recallDialog({ draftId, input, release, preview, notice: said }: RecallFacts): Dialog {
  return dialog({
    title: 'Recall release',
    submit: 'Recall',
    draftId,
    blocks: [
      ...notice(said),
      releaseField(release),
      divider,
      ...(release && preview
        ? [section(impactLines(release, preview))]
        : [note(['Choose a release: what its recall would do appears here.'])]),
      divider,
      textField({
        field: 'reason',
        label: 'Reason',
        hint: 'Everybody whose hosts move reads it.',
        value: input.reason,
        max: REASON_MAX,
        multiline: true,
      }),
      note(['Hosts go to the next good release. Ranges, exclusions and other strategies are in the console.']),
    ],
  });
}

function impactLines({ product, version }: ChosenRelease, preview: RecallPreview): string[] {
  return [
    ...(preview.refusal ? [`✗ ${inline(preview.refusal.sentence, 600)}`] : []),
    `*${inline(product, 80)} ${inline(version, 80)}* is taken out of every channel while the recall lasts.`,
    ...recallLines(preview),
  ];
}
