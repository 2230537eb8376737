import type { EnvironmentView } from '../../../server/domain/views.ts';
import { counted } from '../../../server/domain/wording.ts';
import { inline } from '../../cards/escape.ts';
import type { Dialog } from '../../message.ts';
import type { InputOf } from '../kind.ts';
import type { ChosenRelease } from '../release-field.ts';
import { dialog, divider, note, notice, REASON_MAX, section, textField, typeAhead } from './parts.ts';
import { releaseField } from './release.ts';

export interface PromoteFacts {
  readonly draftId: string;
  readonly input: InputOf<'promote'>;
  readonly release: ChosenRelease | null;
  /** Those that it is not on. */
  readonly channels: readonly string[];
  /** Environments that follow the channel. */
  readonly following: readonly Pick<EnvironmentView, 'name' | 'updatePolicy'>[];
  readonly notice: string | null;
}

const LISTED = 40;

export function promoteDialog(facts: PromoteFacts): Dialog {
  const { input, release, draftId } = facts;
  return dialog({
    title: 'Promote release',
    submit: 'Promote',
    draftId,
    blocks: [
      ...notice(facts.notice),
      ...(input.picks ? [releaseField(release)] : []),
      ...(release ? [section(headLines(facts, release)), channelField(facts, release)] : []),
      divider,
      ...(release && input.channel !== null
        ? [section(impactLines(facts, input.channel))]
        : [note(['Choose release and channel: what it means to each environment appears here.'])]),
      divider,
      textField({
        field: 'reason',
        label: 'Reason',
        hint: 'Stands with the promotion, in the pipeline and in the log.',
        value: input.reason,
        max: REASON_MAX,
        multiline: true,
      }),
    ],
  });
}

function headLines({ input }: PromoteFacts, { product, version, channels }: ChosenRelease): string[] {
  const to = input.channel === null ? 'a channel' : inline(input.channel, 80);
  const on = channels.length === 0 ? 'no channel' : inline(channels.join(', '), 400);
  return [
    `*${inline(product, 80)} ${inline(version, 80)}* goes to ${to} by your decision. It is on ${on}.`,
    'Soak and maintenance window are skipped; a recall, a required label and holds are not.',
  ];
}

function channelField({ input, channels }: PromoteFacts, { id }: ChosenRelease) {
  return typeAhead({
    field: 'channel',
    of: id,
    label: 'To channel',
    placeholder: channels.length > 0 ? 'Choose a channel' : 'It is on every channel',
    chosen: input.channel === null ? null : { text: input.channel, value: input.channel },
  });
}

function impactLines({ following }: PromoteFacts, channel: string): string[] {
  const follow = `${counted(following.length, 'environment')} ${following.length === 1 ? 'follows' : 'follow'}`;
  const lines = following.slice(0, LISTED).map(({ name, updatePolicy }) => {
    const what = updatePolicy === 'auto' ? 'installs it by itself, as its windows allow' : 'may install it';
    return `• ${inline(name, 80)} ${what}`;
  });
  const more = following.length > LISTED ? [`• … and ${following.length - LISTED} more environments`] : [];
  return ['*What it means*', `${follow} ${inline(channel, 80)}.`, ...lines, ...more];
}
