/** What the console's fixture answers about holds, approvals, incidents, demotions and rollbacks. */
import type { Board } from '../../server/domain/board.ts';
import { approvalRuleOf, declaredApproval } from '../../server/contracts/fleet.ts';
import { inForce } from '../../server/domain/holds.ts';
import type { ApprovalView, HoldView, IncidentView, JobView, RuleView, TaskView } from '../../server/domain/views.ts';
import { asHold, reaches } from '../../dashboard/live/holds.ts';
import { openIncident, putHold } from './board-fixture.ts';
import { newJob, newTask, type ConsoleStory } from './console-story.ts';
import type { Answer } from './fixture-api.ts';

const me = 'Ana Ionescu';

/** The first hold in force that stops installs on this host, as the server's reason. */
export function heldBy(board: Board, hostId: number) {
  const host = board.hosts[hostId];
  const environment = host && board.environments[host.environmentId];
  const hold = Object.values(board.holds).find(
    (one) =>
      !one.bar &&
      inForce(asHold(one), Date.now()) &&
      reaches(one, { product: 'karios', environment: environment?.name ?? '', host: host?.name ?? '' }),
  );
  return hold ? { code: 'held', sentence: `Stopped by hold ${hold.id}.`, holds: [String(hold.id)] } : null;
}

export function steeringAnswers(told: ConsoleStory, publish: (tell: () => void) => void): Record<string, Answer> {
  const { story } = told;
  const { board } = story;
  const later = (tell: () => void) => setTimeout(() => publish(tell), 600);
  const next = (shelf: Record<number, unknown>) => Math.max(0, ...Object.keys(shelf).map(Number)) + 1;
  const page = <View>(items: View[]) => ({ items, next: null });
  const tasksOf = (jobId: number) => [...told.tasks.values()].filter((task) => task.jobId === jobId);
  return {
    'GET /holds': () => page(Object.values(board.holds).map((hold) => ({ ...hold, stopsJobs: [] }))),
    'POST /holds': ({ scope, reason, owner, startsAt, expiresAt, strict }) => {
      const change = {
        scope: scope as HoldView['scope'],
        reason: String(reason),
        owner: typeof owner === 'string' ? owner : me,
        startsAt: (startsAt as number | undefined) ?? null,
        expiresAt: (expiresAt as number | undefined) ?? null,
        strict: strict === true,
        createdAt: Date.now(),
        createdBy: me,
      };
      const id = next(board.holds);
      later(() => putHold(story, id, change));
      return { ...(board.holds[1] as HoldView), ...change, id, revision: 1 };
    },
    'POST /holds/:id/release': ({ id, reason }) => {
      const hold = board.holds[id] as HoldView;
      const change = { releasedAt: Date.now(), releasedBy: me, releaseReason: (reason as string | undefined) ?? null };
      later(() => putHold(story, id, { ...hold, ...change }));
      return { ...hold, ...change, revision: hold.revision + 1 };
    },
    'POST /approval-rules': ({ id: _, ...sent }) => {
      const rule = approvalRuleOf(declaredApproval.parse(sent));
      const known = Object.values(board.rules).find(({ name, removed }) => name === rule.name && !removed);
      const view = { ...rule, id: known?.id ?? next(board.rules), managedBy: null };
      later(() => story.say({ kind: 'rule.declared', entity: 'rule', actor: me, view }));
      return { ...view, revision: (known?.revision ?? 0) + 1 };
    },
    'DELETE /approval-rules/:id': ({ id }) => {
      const gone = { ...(board.rules[id] as RuleView), removed: true as const };
      later(() => story.say({ kind: 'rule.removed', entity: 'rule', actor: me, view: gone }));
      return { ...gone, revision: gone.revision + 1 };
    },
    'GET /incidents': () => page(Object.values(board.incidents)),
    'GET /incidents/:id': ({ id }) => {
      const incident = board.incidents[id] as IncidentView;
      const family = new Set([incident.jobId]);
      for (const job of Object.values(board.jobs)) if (family.has(job.parentJobId ?? 0)) family.add(job.id);
      const timeline = told.activities.filter(
        ({ jobId, kind }) => jobId !== null && family.has(jobId) && kind !== 'task.created' && kind !== 'task.step',
      );
      return { incident, jobs: [...family].map((jobId) => board.jobs[jobId]), timeline, earlier: false };
    },
    'POST /incidents/:id/acknowledge': ({ id, owner }) => {
      const incident = board.incidents[id] as IncidentView;
      const change = {
        status: 'acknowledged' as const,
        owner: typeof owner === 'string' ? owner : me,
        acknowledgedAt: Date.now(),
        acknowledgedBy: me,
      };
      later(() => openIncident(story, id, incident.jobId, { ...incident, ...change }));
      return { ...incident, ...change, revision: incident.revision + 1 };
    },
    'POST /incidents/:id/resolve': ({ id, resolution }) => {
      const incident = board.incidents[id] as IncidentView;
      const change = {
        status: 'resolved' as const,
        resolvedAt: Date.now(),
        resolvedBy: me,
        resolution: String(resolution),
      };
      later(() => openIncident(story, id, incident.jobId, { ...incident, ...change }));
      return { ...incident, ...change, revision: incident.revision + 1 };
    },
    'GET /approvals': () =>
      page(
        Object.values(board.approvals).map((one) => ({
          ...one,
          plan: { hosts: 4, waves: [1, 3], environments: ['eu-prod'] },
        })),
      ),
    'GET /approvals/:id': ({ id }) => approvalShown(board, board.approvals[id] as ApprovalView, tasksOf),
    'POST /approvals/:id/decide': ({ id }) => {
      const approval = board.approvals[id] as ApprovalView;
      const sentence = 'Not counted: this is your own request, somebody else has to approve it.';
      return { approval, answer: { code: 'own_request', sentence } };
    },
    'GET /releases/:id/demotion-impact': ({ id, channel }) => ({
      releaseId: id,
      version: board.releases[id]?.version ?? '',
      channel: String(channel),
      demoted: false,
      environments: Object.values(board.environments).map((environment, at) => ({
        id: environment.id,
        name: environment.name,
        installerMethod: environment.installerMethod,
        installerVersion: environment.installerVersion,
        hosts: 20,
        running: at === 0 ? 12 : 0,
        queued: 0,
        impact: at === 0 ? 'deployed_unaffected' : 'stays_listed',
        sentence:
          at === 0
            ? `${environment.name} runs this release and goes on running it.`
            : `${environment.name} goes on listing it, marked as demoted; a new install of it is refused.`,
      })),
      counts: { deployed_unaffected: 1, stays_listed: Object.keys(board.environments).length - 1 },
    }),
    'POST /jobs/:id/rollback/preview': (input) => rollbackOf(told, input),
    'POST /jobs/:id/rollback': (input) => {
      const preview = rollbackOf(told, input);
      const on = preview.hosts.filter(({ chosen, outcome }) => chosen && outcome === 'install');
      const id = next(board.jobs);
      const view = {
        ...newJob(id, 2, '4.2.0', on.length, Date.now()),
        kind: 'rollback' as const,
        parentJobId: input.id,
      };
      later(() => {
        story.say({ kind: 'job.requested', entity: 'job', actor: me, view });
        on.forEach(({ hostId }, position) => {
          const host = board.hosts[hostId];
          if (!host) return;
          const task = newTask(id * 20_000 + position, id, host, position, on.length);
          told.tasks.set(task.id, story.say({ kind: 'task.created', entity: 'task', view: task }).view as TaskView);
        });
      });
      return { ...preview, started: [{ ...view, revision: 1 }], contained: null };
    },
  };
}

function approvalShown(board: Board, approval: ApprovalView, tasksOf: (jobId: number) => TaskView[]) {
  const job = board.jobs[approval.jobId] as JobView;
  const tasks = tasksOf(job.id);
  const waves = [...Map.groupBy(tasks, ({ wave }) => wave).values()].map((members) => members.length);
  const environments = [...new Set(tasks.map(({ environmentId }) => board.environments[environmentId]?.name ?? ''))];
  return {
    approval,
    startBy: null,
    plan: {
      hash: approval.planHash.padEnd(64, '0'),
      releaseDigest: board.releases[job.releaseId]?.digest ?? '',
      policy: job.plan,
      reason: job.reason,
      waves,
      environments,
      notes: [{ version: job.version, notes: 'Faster label printing.', required: false }],
      hosts: tasks.map(({ hostId, hostName, role, environmentId, wave, fromVersion }) => ({
        hostId,
        name: hostName,
        role,
        environmentId,
        wave,
        fromVersion,
        toVersion: job.version,
        changes: fromVersion !== job.version,
      })),
    },
    decisions: approval.approvedBy.map((by) => ({
      by,
      roles: ['approver'],
      verdict: 'approve',
      reason: 'Looked at the canary',
      at: approval.requestedAt + 120_000,
      result: { code: 'recorded', sentence: 'Your approve is recorded: 1 of 2, 1 more needed.' },
    })),
  };
}

/** Bad hosts go back to 4.2.0; the unreachable one has no known-good release. */
function rollbackOf(told: ConsoleStory, input: Record<string, unknown> & { id: number }) {
  const { board } = told.story;
  const job = board.jobs[input.id] as JobView;
  const named = input['hostIds'] as number[] | undefined;
  const healthy = input['includeHealthy'] === true;
  const hosts = [...told.tasks.values()]
    .filter(({ jobId }) => jobId === input.id)
    .map((task) => {
      const bad = task.status === 'failed' || task.status === 'unreachable';
      const stuck = task.status === 'unreachable';
      const touched = bad || (healthy && task.status === 'succeeded');
      return {
        hostId: task.hostId,
        name: task.hostName,
        role: task.role,
        reports: board.hosts[task.hostId]?.reported[0]?.version ?? null,
        liveness: stuck ? ('unreachable' as const) : ('live' as const),
        causes: bad ? [task.status as 'failed' | 'unreachable'] : [],
        chosen: named ? named.includes(task.hostId) : touched,
        outcome: stuck ? ('refuse' as const) : touched ? ('install' as const) : ('refuse' as const),
        target: stuck || !touched ? null : { releaseId: 2, version: '4.2.0' },
        onHost: !stuck && touched,
        warnings: [],
        reason: stuck
          ? {
              code: 'no_known_good',
              sentence: `${task.hostName} stays as it is: beside 4.2.1 no release was good there that still can be had.`,
            }
          : touched
            ? null
            : { code: 'not_affected', sentence: `${task.hostName} left out: it is healthy and consistent.` },
      };
    });
  const going = hosts.filter(({ chosen, target }) => chosen && target);
  return {
    jobId: input.id,
    from: { releaseId: job.releaseId, version: job.version },
    hosts,
    jobs:
      going.length > 0
        ? [{ releaseId: 2, version: '4.2.0', hosts: going.length, waves: [1, going.length - 1].filter(Boolean) }]
        : [],
    stuck: hosts.filter(({ chosen, reason }) => chosen && reason?.code === 'no_known_good').map(({ name }) => name),
    refusal: null,
    passable: false,
  };
}
