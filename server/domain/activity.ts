import { mayDo, type Action, type Subject } from './permission.ts';
import type {
  ApprovalView,
  ChannelView,
  DisplayView,
  EnvironmentView,
  EvaluationView,
  HoldView,
  HostView,
  IncidentView,
  JobView,
  PersonView,
  PipelineView,
  ProductView,
  RecallView,
  ReleaseView,
  RuleView,
  TaskView,
  TokenView,
} from './views.ts';

/**
 * Every fact that can happen, as `subject.verb`. The subject names the entity whose view the activity carries.
 * A new fact is a new row here; renderers are `Record`s over this union, so they fail to compile until they speak it.
 */
export const activityKinds = {
  'product.declared': 'a product was created or its declaration changed',
  'product.feed_checked': 'a feed check ended, with what it found or why it failed',
  'product.removed': 'a product that a fleet file no longer declares was removed',
  'channel.declared': 'a channel was created or changed',
  'channel.removed': 'a channel that a fleet file no longer declares was removed',
  'environment.declared': 'an environment was created or its declaration changed',
  'environment.removed': 'an environment that a fleet file no longer declares was removed',
  'environment.checked': 'a client there looked for releases, and sees others than before, or could not',
  'environment.deployed': 'a client there deployed a release, or failed to',
  'environment.token_issued': 'a client there got a token for its feed',
  'environment.token_revoked': 'the token of a client there opens nothing any more',
  'host.declared': 'a host was created or its declaration changed',
  'host.removed': 'a host that a fleet file no longer declares was removed',
  'host.live': 'a host answered after it had not, or for the first time',
  'host.unreachable': 'a host that should answer does not',
  'host.reported': 'a host reported what it runs',
  'host.health_changed': 'what a host says of its health is another now, or it fell silent',
  'release.published': 'a release entered the catalog and its entry channels',
  'release.conflict': 'the feed states another digest for a known version',
  'release.download_started': 'the package is being fetched',
  'release.download_progressed': 'more of the package has arrived',
  'release.downloaded': 'the package is complete and verified',
  'release.download_failed': 'the package could not be fetched or did not verify',
  'release.promoted': 'a release entered another channel',
  'release.demoted': 'a release was taken off a channel',
  'release.undemoted': 'a demoted release is active on its channel again',
  'release.archived': 'a release left the default list',
  'release.unarchived': 'an archived release is in the default list again',
  'release.required': 'a release must not be skipped',
  'release.unrequired': 'a release may be skipped again',
  'release.edited': 'notes or labels of a release changed',
  'job.requested': 'someone asked for a job',
  'job.started': 'the first task of a job may start',
  'job.progressed': 'a task of the job started or ended',
  'job.waiting': 'the job waits for something that is named',
  'job.resumed': 'the job goes on',
  'job.paused': 'someone paused the job',
  'job.continued': 'someone let a manual wave start',
  'job.glass_broken': 'an admin passed what stops a job that needs no approval, for one use',
  'job.halted': 'more hosts went bad than the failure budget allows',
  'job.cancelling': 'someone cancelled the job; what cannot stop runs to its end',
  'job.ended': 'every task has ended',
  'hold.created': 'somebody, or a rollback, stopped new work in a scope',
  'hold.released': 'a hold was released',
  'incident.opened': 'a job failed or halted, or a rollback could not be had',
  'incident.acknowledged': 'somebody took the incident',
  'incident.escalated': 'somebody called others to the incident',
  'incident.threaded': 'the incident has its thread in chat',
  'incident.noted': 'something happened on the way to recovery',
  'incident.resolved': 'the incident is over',
  'approval.requested': 'a plan waits for others to agree',
  'approval.decided': 'somebody approved; more approvals are needed',
  'approval.ended': 'the request was approved, rejected, cancelled, expired or superseded',
  'approval.glass_broken': 'an admin passed what stops a plan, for one use',
  'rule.declared': 'an approval rule was created or changed',
  'rule.removed': 'an approval rule was removed, by hand or because its fleet file no longer declares it',
  'pipeline.declared': 'a pipeline was created or changed',
  'pipeline.removed': 'a pipeline was removed, by hand or because its fleet file no longer declares it',
  'pipeline.paused': 'somebody stopped a pipeline: nothing moves by itself',
  'pipeline.resumed': 'a pipeline goes on',
  'evaluation.begun': 'a release reached a stage, or is judged by it anew',
  'evaluation.changed': 'what a release still lacks at a stage is another now',
  'evaluation.promoted': 'a release passed a stage',
  'evaluation.superseded': 'a newer release was at the target of a stage first',
  'evaluation.cancelled': 'a stage gave a release up',
  'evaluation.recalled': 'a release is recalled, by its stage or by a person',
  'evaluation.paused': 'a stage has nothing to judge a release by',
  'evaluation.reopened': 'somebody has a stage judge a release again',
  'recall.opened': 'releases are recalled',
  'recall.reverted': 'a recall is over; what it set in motion is not put back',
  'display.paired': 'a screen may show the wall',
  'display.changed': 'the name of a display is another now, or what it shows',
  'display.revoked': 'a screen shows nothing any more',
  'task.created': 'a host was made part of a job',
  'task.blocked': 'the host is busy with another job',
  'task.held': 'a hold stops the task, or no longer does',
  'task.started': 'a worker took the host',
  'task.taken_over': 'another worker took over from one that is gone',
  'task.step': 'a step started or ended on the host',
  'task.ended': 'the task has its result',
  'person.set_up': 'the first admin set the server up',
  'person.invited': 'somebody was let in',
  'person.granted': 'what a person may do was changed',
  'person.disabled': 'a person was shut out',
  'person.enabled': 'a person who was shut out may sign in again',
  'person.password_set': 'a person chose a password',
  'person.totp_enabled': 'a person signs in with the codes of a device from now on',
  'person.totp_disabled': 'a person signs in without codes again',
  'person.totp_reset': 'an admin took away the codes of who has lost the device',
  'token.created': 'an API token was made',
  'token.revoked': 'an API token opens nothing any more',
} as const;

export type ActivityKind = keyof typeof activityKinds;

/** The views an activity can carry, by entity kind. */
export interface EntityViews {
  product: ProductView;
  channel: ChannelView;
  environment: EnvironmentView;
  host: HostView;
  release: ReleaseView;
  job: JobView;
  task: TaskView;
  hold: HoldView;
  incident: IncidentView;
  approval: ApprovalView;
  rule: RuleView;
  pipeline: PipelineView;
  evaluation: EvaluationView;
  recall: RecallView;
  display: DisplayView;
  person: PersonView;
  token: TokenView;
}
export type EntityKind = keyof EntityViews;

/** Who may do what, and by which token, is for those to read who manage it: no board, screen, message or archive has it. */
const CONFIDENTIAL = { person: 'person.manage', token: 'token.manage' } as const satisfies Partial<
  Record<EntityKind, Action>
>;
export type ConfidentialKind = keyof typeof CONFIDENTIAL;

export function isConfidential(kind: EntityKind): kind is ConfidentialKind {
  return Object.hasOwn(CONFIDENTIAL, kind);
}

/** Entities whose facts the subject does not get to read in the log; all of them without a subject. Rule: section 11. */
export function hiddenFrom(subject: Subject | null): ConfidentialKind[] {
  const kinds = Object.keys(CONFIDENTIAL) as ConfidentialKind[];
  return kinds.filter((kind) => subject === null || !mayDo(subject, CONFIDENTIAL[kind]).allowed);
}

/** One row of the log as readers get it. `cursor` is its place in the total order, opaque to clients. */
export interface Activity<K extends EntityKind = EntityKind> {
  cursor: string;
  /** Epoch milliseconds. */
  at: number;
  kind: ActivityKind;
  entity: { kind: K; id: number; revision: number };
  actor: string;
  productId: number | null;
  environmentId: number | null;
  hostId: number | null;
  jobId: number | null;
  view: EntityViews[K];
  detail: Record<string, unknown>;
}

export type AnyActivity = { [K in EntityKind]: Activity<K> }[EntityKind];
