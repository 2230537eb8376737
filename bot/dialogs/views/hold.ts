import type { KnownBlock } from '@slack/types';
import { scopeText } from '../../../server/domain/hold-words.ts';
import type { HoldScope } from '../../../server/domain/holds.ts';
import { counted } from '../../../server/domain/wording.ts';
import { inline } from '../../cards/escape.ts';
import type { Dialog } from '../../message.ts';
import type { InputOf } from '../kind.ts';
import { box, dialog, divider, moment, notice, REASON_MAX, section, textField, typeAhead } from './parts.ts';

export interface HoldFacts {
  readonly draftId: string;
  readonly input: InputOf<'hold'>;
  readonly scope: HoldScope;
  /** What it would stop now. */
  readonly covered: { readonly hosts: number; readonly jobs: readonly number[] };
  readonly notice: string | null;
}

const PLACES = [
  ['product', 'Product', 'Every product'],
  ['channel', 'Channel', 'Every channel'],
  ['environment', 'Environment', 'Every environment'],
  ['host', 'Host', 'Every host'],
] as const satisfies readonly (readonly [keyof HoldScope, string, string])[];

export function holdDialog({ draftId, input, scope, covered, notice: why }: HoldFacts): Dialog {
  return dialog({
    title: 'Hold',
    submit: 'Hold',
    draftId,
    blocks: [
      ...notice(why),
      ...PLACES.map(([field, label, everything]): KnownBlock => {
        const name = scope[field];
        return typeAhead({
          field,
          label,
          placeholder: everything,
          optional: true,
          chosen: name === undefined ? null : { text: name, value: name },
        });
      }),
      section(coverLines(scope, covered)),
      divider,
      textField({
        field: 'reason',
        label: 'Reason',
        hint: 'Everybody who is stopped by it reads this, and your name.',
        value: input.reason,
        max: REASON_MAX,
        multiline: true,
      }),
      moment({
        field: 'until',
        label: 'Until',
        hint: 'Empty: until somebody releases it.',
        optional: true,
        at: input.expiresAt,
      }),
      box({
        field: 'strict',
        label: 'Strict',
        text: 'Stop rollbacks and roll-offs that people start, too',
        on: input.strict === true,
      }),
    ],
  });
}

function coverLines(scope: HoldScope, { hosts, jobs }: HoldFacts['covered']): string[] {
  const shown = jobs.slice(0, 10).map((id) => `job ${id}`);
  const more = jobs.length > 10 ? ` and ${jobs.length - 10} more` : '';
  return [
    `*Holds ${inline(scopeText(scope), 400)}*: ${counted(hosts, 'active host')}.`,
    jobs.length === 0 ? 'No install in flight is stopped now.' : `Stops now: ${shown.join(', ')}${more}.`,
    'Tasks that run go on to their end.',
  ];
}
