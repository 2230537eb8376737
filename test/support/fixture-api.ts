/**
 * The rest of /api/v1 for the pages of the console, beside `serve-fixture.ts`: enough to look at every page in a browser
 * without a database. `node test/support/fixture-api.ts 60 4620` shows it at http://127.0.0.1:4620/.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Socket } from 'socket.io';
import type { ClientEvents, ServerEvents } from '../../server/contracts/live.ts';
import type { AnyActivity } from '../../server/domain/activity.ts';
import { actionsOf, type Role } from '../../server/domain/permission.ts';
import { DEFAULT_ROLLOUT_POLICY } from '../../server/domain/rollout-policy.ts';
import { wavePlan } from '../../server/domain/waves.ts';
import type { HostView, JobView, TaskView } from '../../server/domain/views.ts';
import { consoleStory, newJob, newTask, sampleLog, stepNames, stepsTo, type ConsoleStory } from './console-story.ts';
import { serveFixture, type LiveFixture } from './serve-fixture.ts';
import { tellSteering } from './console-steering.ts';
import { heldBy, steeringAnswers } from './fixture-steering.ts';

interface Session {
  signedIn: boolean;
  roles: Role[];
}
export type Input = Record<string, unknown> & { id: number };
export type Answer = (input: Input) => unknown;

export interface ConsoleFixture {
  told: ConsoleStory;
  served: LiveFixture;
  session: Session;
  /** Moves every running job on by one step. */
  moveOn(): void;
}

class Problem extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export async function serveConsoleFixture(hosts: number, port = 0): Promise<ConsoleFixture> {
  const told = consoleStory(hosts, Date.now());
  tellSteering(told, Date.now());
  const served = await serveFixture(told.story.board, { port, dist: process.env['DIST'] });
  const session: Session = { signedIn: true, roles: ['admin'] };
  const followers = new Map<number, Set<Socket<ClientEvents, ServerEvents>>>();
  const publish = (tell: () => void) => {
    const from = told.activities.length;
    told.story.now = Date.now();
    tell();
    served.publish(told.activities.slice(from));
  };
  const write = (taskId: number, text: string, ended = false) => {
    const from = Buffer.byteLength(told.logs.get(taskId) ?? '');
    told.logs.set(taskId, (told.logs.get(taskId) ?? '') + text);
    const to = from + Buffer.byteLength(text);
    for (const socket of followers.get(taskId) ?? []) socket.emit('log:chunk', { taskId, from, to, text, ended });
  };
  served.io.on('connection', (socket) => {
    socket.on('log:follow', ({ taskId }, answer) => {
      followers.set(taskId, (followers.get(taskId) ?? new Set()).add(socket));
      answer({ ok: true });
    });
    socket.on('log:unfollow', ({ taskId }) => followers.get(taskId)?.delete(socket));
  });
  answerBefore(served.io.httpServer as unknown as HttpServer, endpoints(told, session, publish), session, told);
  return { told, served, session, moveOn: () => publish(() => moveOn(told, write)) };
}

/** Takes the requests of /api/v1 that serve-fixture does not answer. */
function answerBefore(http: HttpServer, answers: Record<string, Answer>, session: Session, told: ConsoleStory): void {
  const others = http.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  http.removeAllListeners('request');
  http.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.replace('/api/v1', '');
    if (!url.pathname.startsWith('/api/v1/') || (path === '/board' && session.signedIn)) {
      for (const other of others) other.call(http, request, response);
      return;
    }
    const text = /^\/tasks\/(\d+)\/log\.txt$/.exec(path);
    if (text) return void response.end(told.logs.get(Number(text[1])) ?? '');
    void body(request).then((sent) => {
      const id = Number(/\/(\d+)(\/|$)/.exec(path)?.[1] ?? 0);
      const name = `${request.method} ${path.replace(/\/\d+(?=\/|$)/, '/:id')}`;
      const [status, value] = answered(answers[name], session, name, {
        ...Object.fromEntries(url.searchParams),
        ...sent,
        id,
      });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    });
  });
}

const open = new Set(['POST /session', 'POST /session/link', 'POST /session/set-up']);

function answered(answer: Answer | undefined, session: Session, name: string, input: Input): [number, unknown] {
  try {
    if (!session.signedIn && !open.has(name))
      throw new Problem(401, 'not_signed_in', 'Nobody is signed in. Sign in first.');
    if (!answer) throw new Problem(404, 'not_found', `${name} is not part of this fixture.`);
    return [200, answer(input)];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [
      error.status,
      { type: 'about:blank', title: error.code, status: error.status, code: error.code, detail: error.message },
    ];
  }
}

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}

function endpoints(told: ConsoleStory, session: Session, publish: (tell: () => void) => void): Record<string, Answer> {
  const { story } = told;
  const { board } = story;
  const me = () => {
    const grants = session.roles.map((role) => ({ role }));
    return {
      kind: 'person',
      name: 'Ana Ionescu',
      grants,
      actions: actionsOf({ kind: 'person', grants }),
    };
  };
  const enter = (input: Input) => {
    if (input['password'] === 'wrong password')
      throw new Problem(
        401,
        'wrong_credentials',
        'Sign-in refused: e-mail or password is wrong. Try again, or ask an admin for a link.',
      );
    if (input['token'] === 'used')
      throw new Problem(401, 'link_used', 'Sign-in refused: this link was used already. Ask an admin for a new one.');
    session.signedIn = true;
    return me();
  };
  const change =
    (status: JobView['status'], kind: Parameters<typeof story.job>[2], problem: JobView['problem'] = null): Answer =>
    ({ id }) => {
      const job = board.jobs[id] as JobView;
      const answer = { ...job, status, problem, revision: job.revision + 1 };
      setTimeout(() => publish(() => story.job(id, { status, problem }, kind, 'Ana Ionescu')), 700);
      return answer;
    };
  let tokens = [
    {
      id: 1,
      name: 'ci',
      grants: [{ role: 'operator' }],
      createdBy: 'Ana Ionescu',
      createdAt: story.now - 9 * 86_400_000,
      expiresAt: story.now + 80 * 86_400_000,
      lastUsedAt: story.now - 5_000,
    },
  ];
  const person = { createdAt: story.now, disabledAt: null, passwordSet: true, totp: false };
  const people = [
    { ...person, id: 1, name: 'Ana Ionescu', email: 'ana@example.com', grants: [{ role: 'admin' }] },
    {
      ...person,
      id: 2,
      name: 'Ben Okafor',
      email: 'ben@example.com',
      grants: [{ role: 'operator', environment: 'eu-prod' }, { role: 'approver' }],
    },
    { ...person, id: 3, name: 'Chandra Rao', email: 'chandra@example.com', grants: [{ role: 'viewer' }] },
  ];
  return {
    ...steeringAnswers(told, publish),
    'GET /session': me,
    'POST /session': enter,
    'POST /session/link': enter,
    'POST /session/set-up': enter,
    'DELETE /session': () => {
      session.signedIn = false;
      return { ok: true };
    },
    'GET /people': () => ({ items: people }),
    'POST /people': ({ name, email, grants }) => {
      const invited = {
        ...person,
        id: people.length + 1,
        name: String(name),
        email: String(email),
        grants: grants as { role: string }[],
      };
      people.push(invited);
      return { person: invited, link: 'https://signalbox.example/sign-in#Jx1oYg3vW8sTq0mZb7Kd5RfA' };
    },
    'GET /tokens': () => ({ items: tokens }),
    'POST /tokens': ({ name, grants }) => {
      const token = {
        id: tokens.length + 1,
        name: String(name),
        grants: grants as { role: string }[],
        createdBy: 'Ana Ionescu',
        createdAt: Date.now(),
        expiresAt: null as unknown as number,
        lastUsedAt: null as unknown as number,
      };
      tokens = [...tokens, token];
      return { token, secret: 'sbx_4mB9yQeR2uT7wXzK1cVn8LpD' };
    },
    'DELETE /tokens/:id': ({ id }) => {
      tokens = tokens.filter((token) => token.id !== id);
      return { ok: true };
    },
    'POST /products/:id/check': ({ id }) => {
      const product = board.products[id];
      if (product)
        publish(() =>
          story.say({
            kind: 'product.feed_checked',
            entity: 'product',
            view: { ...product, feedCheckedAt: Date.now() },
          }),
        );
      return { ok: true };
    },
    'POST /releases/:id/download': ({ id }) => {
      const release = board.releases[id];
      if (!release) throw new Problem(404, 'not_found', `There is no release ${id}.`);
      const jobId = Math.max(...Object.keys(board.jobs).map(Number)) + 1;
      const view = { ...newJob(jobId, id, release.version, 0, Date.now()), kind: 'download' as const };
      setTimeout(() => {
        publish(() => {
          story.say({ kind: 'job.requested', entity: 'job', view });
          story.release(
            id,
            { package: 'downloading', received: 9_000_000, downloadProblem: null },
            'release.download_started',
          );
        });
      }, 400);
      return { ...view, revision: 1 };
    },
    'POST /installs/preview': (input) => preview(told, input),
    'POST /installs': (input) => start(told, publish, input),
    'GET /jobs': () => ({ items: [], next: null }),
    'GET /jobs/:id': ({ id }) => {
      const job = board.jobs[id];
      if (!job) throw new Problem(404, 'not_found', `There is no job ${id}. List them with GET /jobs.`);
      return job;
    },
    'GET /jobs/:id/tasks': ({ id, after, limit }) => {
      const from = Number(after ?? 0);
      const tasks = [...told.tasks.values()].filter(({ jobId }) => jobId === id);
      const to = from + Number(limit);
      return { items: tasks.slice(from, to), next: to < tasks.length ? String(to) : null };
    },
    'POST /jobs/:id/cancel': change('cancelling', 'job.cancelling'),
    'POST /jobs/:id/pause': change('paused', 'job.paused', {
      code: 'paused',
      sentence: 'Paused by Ana Ionescu: nothing new starts until somebody resumes it.',
    }),
    'POST /jobs/:id/resume': change('running', 'job.resumed'),
    'POST /jobs/:id/continue': change('running', 'job.continued'),
    'POST /jobs/:id/retry': ({ id, statuses }) => {
      const wanted = statuses as string[];
      const hostIds = [...told.tasks.values()]
        .filter((task) => task.jobId === id && wanted.includes(task.status))
        .map(({ hostId }) => hostId);
      return start(told, publish, { id: 0, releaseId: board.jobs[id]?.releaseId, hostIds, parentJobId: id });
    },
    'GET /tasks/:id/log': ({ id, from }) => {
      const stored = Buffer.from(told.logs.get(id) ?? '');
      const task = told.tasks.get(id);
      return {
        from: Number(from),
        to: stored.length,
        total: stored.length,
        text: stored.subarray(Number(from)).toString(),
        ended: task?.endedAt !== null,
      };
    },
    'GET /activities': ({ jobId, hostId, after, limit }) => {
      const lines = told.activities
        .filter((line) => (!jobId || line.jobId === Number(jobId)) && (!hostId || line.hostId === Number(hostId)))
        .toReversed();
      const from = Number(after ?? 0);
      const to = from + Number(limit);
      return { items: lines.slice(from, to), next: to < lines.length ? String(to) : null };
    },
  };
}

function preview({ story: { board } }: ConsoleStory, { releaseId, hostIds, plan }: Input) {
  const release = board.releases[Number(releaseId)];
  if (!release) throw new Problem(404, 'not_found', `There is no release ${Number(releaseId)}.`);
  const chosen = (hostIds as number[]).map((id) => board.hosts[id] as HostView);
  const full = {
    ...DEFAULT_ROLLOUT_POLICY,
    bakeMs: 120_000,
    onFailure: 'restore',
    ...(plan as Partial<JobView['plan']>),
  };
  const waves = wavePlan(chosen, full.waves);
  const older = (from: string) => from > release.version;
  const hosts = waves.flatMap(({ number, members }) =>
    members.map(({ id, name, role, reported }) => {
      const from = reported[0]?.version ?? null;
      const refused = from !== null && older(from);
      const reason = refused
        ? {
            code: 'rollback_blocked',
            sentence: `${release.version} is older than ${from}, and the required release ${from} lies between.`,
          }
        : null;
      const outcome = refused ? 'refuse' : from === release.version ? 'skip' : 'install';
      return {
        hostId: id,
        name,
        role,
        wave: number,
        fromVersion: from,
        outcome,
        reason,
        heldBy: heldBy(board, id),
        windowClosed: null,
      };
    }),
  );
  const refused = hosts.filter(({ reason }) => reason !== null);
  const sentence = `Install of ${release.version} refused on ${refused.length} hosts: ${refused[0]?.reason?.sentence}`;
  return {
    release,
    hosts,
    approval: {
      rule: 'production-needs-two',
      required: 2,
      roles: ['approver'],
      allowSelf: false,
      expiresAfterMs: 28_800_000,
      startWithinMs: 3_600_000,
    },
    waves: waves.map(({ members }) => members.length),
    plan: full,
    refusal: refused.length > 0 ? { code: 'rollback_blocked', sentence } : null,
    passable: refused.length > 0,
  };
}

function start(
  told: ConsoleStory,
  publish: (tell: () => void) => void,
  { releaseId, hostIds, parentJobId, reason }: Input,
): JobView {
  const { story } = told;
  const { board } = story;
  const on = (hostIds as number[]).map((id) => board.hosts[id] as HostView);
  const id = Math.max(...Object.keys(board.jobs).map(Number)) + 1;
  const version = board.releases[Number(releaseId)]?.version ?? '';
  const view = {
    ...newJob(id, Number(releaseId), version, on.length, Date.now()),
    requestedBy: 'Ana Ionescu',
    parentJobId: (parentJobId as number | undefined) ?? null,
    reason: (reason as string | undefined) ?? null,
  };
  setTimeout(() => {
    publish(() => {
      story.say({ kind: 'job.requested', entity: 'job', actor: 'Ana Ionescu', view });
      on.forEach((one, position) => {
        const task = newTask(id * 20_000 + position, id, one, position, on.length);
        told.tasks.set(task.id, story.say({ kind: 'task.created', entity: 'task', view: task }).view as TaskView);
      });
    });
  }, 600);
  return { ...view, revision: 1 };
}

/** Each running job: its running tasks take a step, and pending ones of the same wave begin. */
function moveOn(told: ConsoleStory, write: (taskId: number, text: string, ended?: boolean) => void): void {
  const { story } = told;
  for (const job of Object.values(story.board.jobs)) {
    if (job.kind === 'download' || (job.status !== 'running' && job.status !== 'queued')) continue;
    const tasks = [...told.tasks.values()].filter(({ jobId }) => jobId === job.id);
    const running = tasks.filter(({ status }) => status === 'running');
    for (const task of running.slice(0, 4)) stepOn(told, task, write);
    const pending = tasks.filter(({ status }) => status === 'pending').slice(0, Math.max(0, 10 - running.length));
    for (const task of pending)
      tell(told, task, {
        status: 'running',
        step: 'preflight',
        startedAt: story.now,
        steps: stepsTo('preflight', 'running', story.now),
      });
    const counts = { ...job.counts };
    for (const status of Object.keys(counts) as TaskView['status'][]) {
      counts[status] = [...told.tasks.values()].filter(
        (task) => task.jobId === job.id && task.status === status,
      ).length;
    }
    const over = counts.pending + counts.running === 0;
    story.job(
      job.id,
      over
        ? { counts, status: 'succeeded', endedAt: story.now }
        : { counts, status: 'running', startedAt: job.startedAt ?? story.now },
      over ? 'job.ended' : 'job.progressed',
    );
  }
}

function stepOn(
  told: ConsoleStory,
  task: TaskView,
  write: (taskId: number, text: string, ended?: boolean) => void,
): void {
  const next = stepNames[stepNames.indexOf(task.step ?? 'preflight') + 1];
  const at = task.startedAt ?? told.story.now;
  const line = sampleLog.split('\n')[stepNames.indexOf(task.step ?? 'preflight')] ?? '';
  write(task.id, `${line}\n`, next === undefined);
  if (next) tell(told, task, { step: next, steps: stepsTo(next, 'running', at) });
  else tell(told, task, { status: 'succeeded', endedAt: told.story.now, steps: stepsTo('report', 'ok', at) });
}

function tell(told: ConsoleStory, task: TaskView, change: Partial<TaskView>): void {
  const kind =
    change.status === 'succeeded' ? 'task.ended' : change.status === 'running' ? 'task.started' : 'task.step';
  const said: AnyActivity = told.story.say({ kind, entity: 'task', view: { ...task, ...change } });
  told.tasks.set(task.id, said.view as TaskView);
}

if (import.meta.main) {
  const [hosts = '60', port = '4620'] = process.argv.slice(2);
  const fixture = await serveConsoleFixture(Number(hosts), Number(port));
  setInterval(() => fixture.served.beat(), 5_000);
  setInterval(() => fixture.moveOn(), 1_500);
  console.log(`${hosts} hosts at ${fixture.served.origin}/`);
}
