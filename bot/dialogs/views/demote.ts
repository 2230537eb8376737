import type { previewDemotion } from '../../../server/services/release/demotion-impact.ts';
import type { InputOf } from '../kind.ts';
import { counted } from '../../../server/domain/wording.ts';
import { inline } from '../../cards/escape.ts';
import type { Dialog } from '../../message.ts';
import { dialog, divider, note, notice, REASON_MAX, section, textField, typeAhead } from './parts.ts';

export type DemotionPreview = Awaited<ReturnType<typeof previewDemotion.run>>;

export interface DemoteFacts {
  readonly draftId: string;
  readonly input: InputOf<'demote'> | InputOf<'undemote'>;
  readonly product: string;
  readonly version: string;
  /** On which it can be demoted or un-demoted. */
  readonly channels: readonly string[];
  /** Null: no channel has been picked. */
  readonly preview: DemotionPreview | null;
  readonly notice: string | null;
}

const LISTED = 40;

export function demoteDialog(facts: DemoteFacts): Dialog {
  const { input, preview, draftId } = facts;
  const demotes = input.dialog === 'demote';
  return dialog({
    title: demotes ? 'Demote release' : 'Un-demote release',
    submit: demotes ? 'Demote' : 'Un-demote',
    draftId,
    blocks: [
      ...notice(facts.notice),
      section(headLines(facts)),
      ...(input.channel === null || facts.channels.length > 1 ? [channelField(facts)] : []),
      divider,
      ...(preview
        ? [section(impactLines(preview, demotes))]
        : [note(['Choose a channel: what it means to each environment appears here.'])]),
      divider,
      textField({
        field: 'reason',
        label: 'Reason',
        hint: 'Stands wherever the release does.',
        value: input.reason,
        max: REASON_MAX,
        multiline: true,
      }),
    ],
  });
}

function headLines({ input, product, version }: DemoteFacts): string[] {
  const what = `*${inline(product, 80)} ${inline(version, 80)}*${input.channel === null ? '' : ` on ${inline(input.channel, 80)}`}`;
  return input.dialog === 'demote'
    ? [
        `${what} is taken off the channel.`,
        'No new install or download of it starts there; nothing is withdrawn from hosts.',
      ]
    : [`${what} becomes active again, at its old place.`];
}

function channelField({ input, channels }: DemoteFacts) {
  return typeAhead({
    field: 'channel',
    label: 'Channel',
    placeholder: channels.length > 0 ? 'Choose a channel' : 'It is on no channel',
    chosen: input.channel === null ? null : { text: input.channel, value: input.channel },
  });
}

function impactLines({ environments, demoted, channel }: DemotionPreview, demotes: boolean): string[] {
  const done = demotes === demoted;
  const state = demoted ? 'demoted' : 'active';
  const follow = environments.length === 0 ? 'No environment follows this channel.' : null;
  const lines = environments.slice(0, LISTED).map((environment) => {
    const { name, hosts, running, queued, sentence } = environment;
    const counts = `${running} of ${counted(hosts, 'host')} on it`;
    const refused = queued > 0 ? `, *${counted(queued, 'queued install')} will be refused*` : '';
    return demotes
      ? `• ${inline(sentence, 300)} (${counts}${refused})`
      : `• ${inline(name, 80)} may install it again (${counts})`;
  });
  const more = environments.length > LISTED ? [`• … and ${environments.length - LISTED} more environments`] : [];
  return [
    ...(done ? [`✗ It is ${state} on ${inline(channel, 80)} already.`] : []),
    '*What it means*',
    ...(follow === null ? [...lines, ...more] : [follow]),
  ];
}
