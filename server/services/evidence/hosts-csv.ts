import type { TaskView } from '../../domain/views.ts';

const COLUMNS = {
  host: ({ hostName }) => hostName,
  role: ({ role }) => role,
  environment: ({ environmentId }, environments) => environments.get(environmentId) ?? '',
  task: ({ id }) => id,
  wave: ({ wave }) => wave,
  status: ({ status }) => status,
  code: ({ problem }) => problem?.code,
  why: ({ problem }) => problem?.sentence,
  from_version: ({ fromVersion }) => fromVersion,
  restored: ({ restored }) => (restored ? 'yes' : 'no'),
  started_at: ({ startedAt }) => instantOf(startedAt),
  ended_at: ({ endedAt }) => instantOf(endedAt),
  log_bytes: ({ logBytes }) => logBytes,
} as const satisfies Record<
  string,
  (task: TaskView, environments: ReadonlyMap<number, string>) => string | number | null | undefined
>;

/** One line per host of a job, in its order, as RFC 4180 has it. Instants in UTC. */
export function hostsCsv(tasks: readonly TaskView[], environments: ReadonlyMap<number, string>): string {
  const lines = tasks.map((task) => Object.values(COLUMNS).map((cell) => cellOf(cell(task, environments))));
  return [Object.keys(COLUMNS), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** A cell that begins like a formula would be one in a spreadsheet: words of hosts must not become commands. */
function cellOf(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function instantOf(at: number | null): string {
  return at === null ? '' : new Date(at).toISOString();
}
