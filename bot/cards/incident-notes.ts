import { heldText } from '../../server/domain/hold-words.ts';
import type { HoldView, IncidentView, JobView } from '../../server/domain/views.ts';
import type { Message } from '../message.ts';
import { lines, link, message, when } from './blocks.ts';
import { inline } from './escape.ts';
import { recoveryLine } from './incident.ts';
import { quoted } from './words.ts';

/** What happened on an incident's way. `at`: epoch milliseconds; `by`: who did it. */
export type IncidentStep = { readonly at: number; readonly by: string } & (
  | { readonly kind: 'opened_again' | 'acknowledged' }
  | { readonly kind: 'escalated'; readonly reason: string | null }
  | { readonly kind: 'hold_put' | 'hold_released'; readonly hold: HoldView }
  /** A retry or a rollback was asked for, halted or ended; its view says which. */
  | { readonly kind: 'recovery'; readonly job: JobView; readonly product: string; readonly url: string }
  | { readonly kind: 'resolved'; readonly resolution: string | null }
);

/** A reply in the incident's thread; never changed once it is said. */
export function incidentNote(incident: Pick<IncidentView, 'id' | 'owner' | 'cause'>, step: IncidentStep): Message {
  const { head, more = null } = noteOf(incident, step);
  return message(plainHead(head, incident.id), [lines(`${head}   ${when(step.at)}`, more)]);
}

/** The one mention of everybody that is ever written, and only because somebody pressed Escalate. */
const HERE = '<!here>';

function noteOf(
  incident: Pick<IncidentView, 'owner' | 'cause'>,
  step: IncidentStep,
): { head: string; more?: string | null } {
  const by = inline(step.by, 60);
  switch (step.kind) {
    case 'opened_again':
      return { head: '✗ *Open again*', more: inline(incident.cause.sentence, 500) };
    case 'acknowledged':
      return { head: `◐ *${inline(incident.owner ?? step.by, 60)} has it*` };
    case 'escalated':
      return { head: `${HERE} △ *${by} asks for help*`, more: step.reason === null ? null : quoted(step.reason) };
    case 'hold_put':
      return { head: `‖ *${by} put a hold* on ${inline(heldText(step.hold), 200)}`, more: quoted(step.hold.reason) };
    case 'hold_released':
      return {
        head: `▸ *${by} released the hold* on ${inline(heldText(step.hold), 200)}: what it stopped goes on`,
        more: step.hold.releaseReason === null ? null : quoted(step.hold.releaseReason),
      };
    case 'recovery':
      return { head: `${recoveryLine(step.job, step.product)}, asked for by ${by}`, more: link(step.url, 'Follow it') };
    case 'resolved':
      return { head: `✓ *Resolved by ${by}*`, more: step.resolution === null ? null : quoted(step.resolution) };
  }
}

/** For notifications: the head without marks. The mention stands in the blocks, once. */
function plainHead(head: string, id: number): string {
  return `Incident ${id}: ${head.replace(`${HERE} `, '').replaceAll('*', '')}`;
}
