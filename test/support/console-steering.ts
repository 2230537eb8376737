/** Holds, approvals, incidents and a rollback in the made-up fleet of the console, in every state that they can be in. */
import { askApproval, openIncident, putHold } from './board-fixture.ts';
import { newJob, tellJob, type ConsoleStory } from './console-story.ts';

/** `now`: epoch milliseconds. Jobs 43 to 46 are told here, on top of `consoleStory`. */
export function tellSteering(told: ConsoleStory, now: number): void {
  const { story } = told;
  story.now = now;
  const hosts = Object.values(story.board.hosts);
  const release = Object.values(story.board.releases).find(({ version }) => version === '4.2.2');
  if (release) {
    const demotion = { channel: 'stable', at: now - 5_000_000, by: 'Ben Okafor', reason: 'Loses labels on reboot' };
    story.release(release.id, { channels: [], demotions: [demotion] }, 'release.demoted');
  }
  putHold(story, 1, {
    scope: { product: 'karios', environment: 'eu-prod' },
    reason: 'Stocktaking until Friday',
    expiresAt: now + 2 * 86_400_000,
  });
  putHold(story, 2, { scope: { host: 'db-12' }, reason: 'Disk is being replaced', owner: 'Chandra Rao', strict: true });
  putHold(story, 3, {
    scope: { product: 'karios', host: 'web-05' },
    reason: '4.2.1 was rolled back',
    owner: 'Ana Ionescu',
    bar: { version: '4.2.1', liftOnNewer: false },
    causeJobId: 45,
  });
  putHold(story, 4, {
    scope: {},
    reason: 'Black Friday',
    releasedAt: now - 9_000_000,
    releasedBy: 'Ana Ionescu',
    releaseReason: 'Over',
  });

  const rule = {
    required: 2,
    roles: ['approver'],
    allowSelf: false,
    expiresAfterMs: 28_800_000,
    startWithinMs: 3_600_000,
  } as const;
  const environmentLabels = [{ key: 'tier', values: ['production'] }];
  story.say({
    kind: 'rule.declared',
    entity: 'rule',
    view: { ...rule, id: 1, name: 'production-needs-two', match: { environmentLabels }, managedBy: 'fleet.yaml' },
  });
  const match = { actions: ['job.install'], products: ['karios'], channels: ['stable'] } as const;
  story.say({
    kind: 'rule.declared',
    entity: 'rule',
    view: { ...rule, id: 2, name: 'change-freeze', match, required: 1, managedBy: null },
  });

  const awaited = {
    ...newJob(43, 3, '4.2.1', 14, now - 720_000),
    status: 'waiting_approval' as const,
    reason: 'CHG-1190',
  };
  tellJob(told, { ...awaited, requestedBy: 'Chandra Rao' }, hosts.slice(20, 34), () => 'pending');
  askApproval(story, 7, 43, { approvedBy: ['Ben Okafor'] });
  const own = { ...newJob(44, 3, '4.2.1', 4, now - 95_000), status: 'waiting_approval' as const };
  tellJob(told, { ...own, requestedBy: 'Ana Ionescu' }, hosts.slice(40, 44), () => 'pending');
  askApproval(story, 8, 44, { requestedAt: now - 95_000, required: 1 });
  askApproval(story, 5, 38, {
    state: 'rejected',
    endedBy: 'Ben Okafor',
    endedAt: now - 90_000_000,
    endReason: 'Not before the audit',
  });

  const rollback = {
    ...newJob(45, 2, '4.2.0', 2, now - 300_000),
    kind: 'rollback' as const,
    status: 'succeeded' as const,
    parentJobId: 39,
    startedAt: now - 299_000,
    endedAt: now - 240_000,
  };
  tellJob(told, rollback, hosts.slice(2, 4), () => 'succeeded');
  const halted =
    'The install of 4.2.1 (job 39) halted: 1 host failed, 1 host could not be reached, 7 hosts not started.';
  openIncident(story, 3, 39, {
    status: 'acknowledged',
    cause: { code: 'job_halted', sentence: halted },
    owner: 'Ana Ionescu',
    openedAt: now - 700_000,
    acknowledgedAt: now - 400_000,
    acknowledgedBy: 'Ana Ionescu',
  });
  const failed = 'The install of 4.1.9 (job 26) failed: 1 host failed.';
  openIncident(story, 4, 26, { cause: { code: 'job_failed', sentence: failed }, openedAt: now - 130_000 });
  openIncident(story, 1, 13, {
    status: 'resolved',
    cause: { code: 'job_failed', sentence: 'The install of 4.1.9 (job 13) failed: 1 host failed.' },
    owner: 'Ben Okafor',
    openedAt: now - 90_000_000,
    acknowledgedAt: now - 89_000_000,
    acknowledgedBy: 'Ben Okafor',
    resolvedAt: now - 80_000_000,
    resolvedBy: 'Ben Okafor',
    resolution: 'Disk was full: cleaned up, host runs 4.1.9.',
  });

  const held = { ...newJob(46, 3, '4.2.1', 3, now - 60_000), status: 'waiting' as const, startedAt: now - 59_000 };
  const sentence =
    'Stopped by hold 1 "Stocktaking until Friday" (Ben Okafor) until Friday. Ask Ben Okafor to release it.';
  const problem = { code: 'held', sentence, holds: ['1'], owners: ['Ben Okafor'] };
  tellJob(told, { ...held, problem }, hosts.slice(50, 53), () => 'pending');
}
