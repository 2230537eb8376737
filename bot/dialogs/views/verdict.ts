import type { IncidentView, ApprovalView } from '../../../server/domain/views.ts';
import { counted, instantText } from '../../../server/domain/wording.ts';
import { inline } from '../../cards/escape.ts';
import type { Dialog } from '../../message.ts';
import { dialog, notice, REASON_MAX, section, textField } from './parts.ts';

export const RESOLUTION_MAX = 2_000;

interface RejectFacts {
  readonly draftId: string;
  readonly approval: ApprovalView;
  readonly product: string;
  readonly hosts: number;
  readonly url: string;
  readonly reason: string | undefined;
  readonly notice: string | null;
}

export function rejectDialog({ draftId, approval, product, hosts, url, reason, notice: why }: RejectFacts): Dialog {
  const plan = `${inline(product, 80)} ${inline(approval.version, 80)} on ${counted(hosts, 'host')}`;
  const asked = `asked for by ${inline(approval.requester, 80)} at ${instantText(approval.requestedAt)}`;
  return dialog({
    title: 'Reject',
    submit: 'Reject',
    draftId,
    blocks: [
      ...notice(why),
      section([
        `*<${url}|Approval ${approval.id}>:* ${plan}`,
        `Job ${approval.jobId}, ${asked}. Rejected, it does not run.`,
      ]),
      textField({
        field: 'reason',
        label: 'Reason',
        hint: 'Whoever asked reads it.',
        value: reason,
        max: REASON_MAX,
        multiline: true,
      }),
    ],
  });
}

interface ResolveFacts {
  readonly draftId: string;
  readonly incident: IncidentView;
  readonly product: string;
  readonly url: string;
  readonly resolution: string | undefined;
  readonly notice: string | null;
}

export function resolveDialog({ draftId, incident, product, url, resolution, notice: why }: ResolveFacts): Dialog {
  const { id, version, jobId, cause } = incident;
  return dialog({
    title: 'Resolve incident',
    submit: 'Resolve',
    draftId,
    blocks: [
      ...notice(why),
      section([
        `*<${url}|Incident ${id}>:* ${inline(product, 80)} ${inline(version, 80)}, job ${jobId}`,
        inline(cause.sentence, 600),
      ]),
      textField({
        field: 'resolution',
        label: 'What ended it',
        value: resolution,
        max: RESOLUTION_MAX,
        multiline: true,
      }),
    ],
  });
}
