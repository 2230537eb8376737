import { jobHasEnded } from '../domain/task-transition.ts';
import type { JobView, TaskView } from '../domain/views.ts';
import type { Terminal } from './command.ts';
import type { Exit } from './exit.ts';
import { everyPage } from './named.ts';
import { table } from './text.ts';

const LOOK_EVERY_MS = 500;

/** Waits for the end of a job; each change is a line for people. Ends with `ok` for a success alone. */
export async function followJob(terminal: Terminal, id: number): Promise<Exit> {
  let seen = '';
  for (;;) {
    const job = await terminal.client.call('jobs.show', { id });
    const state = jobLine(job);
    if (state !== seen) terminal.note(state);
    seen = state;
    if (jobHasEnded(job.status)) return showEnd(terminal, job);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function showEnd(terminal: Terminal, job: JobView): Promise<Exit> {
  const tasks = await tasksOf(terminal, job.id);
  const bad = tasks.filter(({ status }) => status !== 'succeeded' && status !== 'skipped');
  terminal.show({ job, tasks }, () => [...jobLines(job), ...(bad.length > 0 ? taskLines(bad) : [])]);
  return job.status === 'succeeded' ? 'ok' : 'refused';
}

export function tasksOf(terminal: Terminal, id: number): Promise<TaskView[]> {
  return everyPage((after) => terminal.client.call('jobs.tasks', { id, after, limit: 500 }));
}

/** `job 42 install 4.2.1: running, wave 2 of 3, 3 succeeded, 1 running, 8 pending`. */
export function jobLine(job: JobView): string {
  const counts = Object.entries(job.counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${status}`);
  const waves = job.waves > 1 ? [`wave ${job.wave} of ${job.waves}`] : [];
  const problem = job.problem ? ` – ${job.problem.sentence}` : '';
  return `job ${job.id} ${job.kind} ${job.version}: ${[job.status, ...waves, ...counts].join(', ')}${problem}`;
}

/** `left out: line-3 is in maintenance.` for each host that was asked for and is not covered. */
export function leftOutLines({ leftOut = [] }: Pick<JobView, 'leftOut'>): string[] {
  return leftOut.map(({ sentence }) => `left out: ${sentence}`);
}

/** A job as whoever asked for it sees it: its line, and whom it leaves out. */
export function jobLines(job: JobView): string[] {
  return [jobLine(job), ...leftOutLines(job)];
}

function whyOf({ problem, status, blockedByJobId }: TaskView): string {
  if (status === 'pending' && blockedByJobId !== null) return `blocked by job ${blockedByJobId}`;
  return problem?.sentence ?? '';
}

export function taskLines(tasks: readonly TaskView[]): string[] {
  const rows = tasks.map((task) => [
    String(task.id),
    task.hostName,
    String(task.wave),
    task.status,
    task.step ?? '',
    whyOf(task),
  ]);
  return table(['task', 'host', 'wave', 'status', 'step', 'why'], rows, 'no tasks');
}
