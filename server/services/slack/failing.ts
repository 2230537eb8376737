import type { Reader } from '../../../db/connect.ts';
import { environmentsById } from '../../../db/queries/catalog.ts';
import { tasksIn } from '../../../db/queries/slack-facts.ts';
import { readLog } from '../../../db/queries/log.ts';
import type { JobView, TaskView } from '../../domain/views.ts';

/** Hosts that a card names at most. */
export const NAMED_HOSTS = 10;
const LAST_LINES = 20;
const LAST_BYTES = 4_096;

const BAD = ['failed', 'unreachable'] as const;

/** The first failing hosts of a job with the last lines of each one's log, and how many there are. */
export async function failingHosts(reader: Reader, job: JobView, jobUrl: string) {
  const failingTotal = job.counts.failed + job.counts.unreachable;
  if (failingTotal === 0) return { failing: [], failingTotal };
  const tasks = await tasksIn(reader, job.id, BAD, NAMED_HOSTS);
  const environments = await environmentsById(reader, [...new Set(tasks.map((task) => task.environmentId))]);
  const names = new Map(environments.map(({ id, name }) => [id, name]));
  const failing = [];
  for (const task of tasks) {
    const { id: taskId, hostName: name, status, step, problem, restored, startedAt, endedAt } = task;
    failing.push({
      taskId,
      name,
      environment: names.get(task.environmentId) ?? '',
      status,
      step,
      problem,
      lastLines: await lastLines(reader, task),
      restored,
      startedAt,
      endedAt,
      url: jobUrl,
    });
  }
  return { failing, failingTotal };
}

/** As the hook wrote them; a first line that is cut off is left out where there is another. */
async function lastLines(reader: Reader, { id, logBytes }: TaskView): Promise<string[]> {
  const from = Math.max(0, logBytes - LAST_BYTES);
  const bytes = await readLog(reader, id, from, logBytes - from);
  const lines = new TextDecoder().decode(bytes).split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (from > 0 && lines.length > 1) lines.shift();
  return lines.slice(-LAST_LINES);
}
