import type { KnownBlock } from '@slack/types';
import { box, REASON_MAX, textField } from './parts.ts';

/** Only for an admin, and only where nothing but required releases refuses. Rule: section 11 (Break-glass). */
export function glassBlocks(input: {
  readonly breakGlass?: boolean | undefined;
  readonly glassReason?: string | undefined;
}): KnownBlock[] {
  return [
    box({
      field: 'glass',
      label: 'Break-glass',
      text: 'Pass what is required, once, for this plan',
      hint: 'It is announced in the escalation channel and shown wherever the plan is.',
      on: input.breakGlass === true,
    }),
    ...(input.breakGlass
      ? [
          textField({
            field: 'glassReason',
            label: 'Why the glass is broken',
            value: input.glassReason,
            max: REASON_MAX,
            multiline: true,
          }),
        ]
      : []),
  ];
}
