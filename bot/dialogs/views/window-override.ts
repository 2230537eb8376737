import type { KnownBlock } from '@slack/types';
import { box, REASON_MAX, textField } from './parts.ts';
import type { InstallPreview } from './plan-lines.ts';

/** Hosts of the plan that a closed maintenance window keeps waiting. */
export function closedHosts({ hosts }: Pick<InstallPreview, 'hosts'>): InstallPreview['hosts'] {
  return hosts.filter(({ windowClosed, outcome }) => windowClosed !== null && outcome !== 'skip');
}

/** An operator may pass closed windows with a reason. Rule: section 8. */
export function overrideBlocks(input: {
  readonly override?: boolean | undefined;
  readonly overrideReason?: string | undefined;
}): KnownBlock[] {
  return [
    box({
      field: 'override',
      label: 'Maintenance windows',
      text: 'Install outside of the window',
      hint: 'Left open, the hosts wait until their window opens.',
      on: input.override === true,
    }),
    ...(input.override
      ? [
          textField({
            field: 'overrideReason',
            label: 'Why the window does not hold',
            value: input.overrideReason,
            max: REASON_MAX,
            multiline: true,
          }),
        ]
      : []),
  ];
}
