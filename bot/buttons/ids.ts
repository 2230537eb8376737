/**
 * Every button on a card, as its `action_id`. The value carries the entity's id and the revision that the card showed,
 * `42.7`, and nothing else. Buttons that only lead to the console have a url and the id `link.<anything>`.
 */
export const BUTTONS = {
  'approval.approve': 'Approve',
  'approval.reject': 'Reject',
  'approval.cancel': 'Cancel request',
  'job.cancel': 'Cancel',
  'job.pause': 'Pause',
  'job.resume': 'Resume',
  'job.continue': 'Continue',
  'job.retry': 'Retry failed',
  'job.rollback': 'Roll back affected',
  'job.evidence': 'Evidence',
  'incident.hold': 'Hold rollout',
  'incident.rollback': 'Roll back affected hosts',
  'incident.retry': 'Retry failed',
  'incident.acknowledge': 'Acknowledge',
  'incident.escalate': 'Escalate',
  'incident.resolve': 'Resolve',
  'hold.release': 'Release hold',
} as const;
export type ButtonId = keyof typeof BUTTONS;

export interface ButtonValue {
  /** Of the entity that the button's id names first: approval, job, incident or hold. */
  readonly id: number;
  /** That the card showed. */
  readonly revision: number;
}

export function buttonValue({ id, revision }: ButtonValue): string {
  return `${id}.${revision}`;
}

/** Null for anything that is no value of ours. */
export function readButtonValue(text: unknown): ButtonValue | null {
  const found = typeof text === 'string' ? /^([1-9]\d{0,9})\.([1-9]\d{0,9})$/.exec(text) : null;
  return found ? { id: Number(found[1]), revision: Number(found[2]) } : null;
}
