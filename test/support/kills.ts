/** Kills parts of a running Signalbox at chosen steps of an install, and judges afterwards whether anything was lost or done twice. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { TaskView } from '../../server/domain/views.ts';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import { journalFile, journalState, type JournalState } from './host-journal.ts';
import { killAllSteps, killRunner } from './kill-steps.ts';
import { openRig, type Rig } from './rig.ts';
import type { GatedTool, Stop, StepGate } from './step-gate.ts';
import { until } from './until.ts';

export const VICTIMS = ['worker', 'server', 'database', 'line', 'runner', 'host'] as const;
export type Victim = (typeof VICTIMS)[number];

/** Where a kill can hit: in a step, or on either side of the switch. */
export const STEPS = [
  'preflight',
  'fetch',
  'verify',
  'unpack',
  'pre-install',
  'activate',
  'post-install',
  'health',
  'report',
] as const;
export const SIDES = ['before the switch', 'after the switch'] as const;
export type Place = (typeof STEPS)[number] | (typeof SIDES)[number];
const HOOKS = ['pre-install', 'post-install', 'health'] as const;

/** A shot: who is killed, where, and whether the host stands still meanwhile or has just gone on. */
export interface Shot {
  readonly victim: Victim;
  readonly wanted: Place;
  /** How long the step has been let go when the kill comes, in milliseconds; null: the kill comes while it is held. */
  readonly lateMs: number | null;
}

export interface Kill {
  readonly victim: Victim;
  readonly wanted: Place;
  /** False: everything had ended before the kill came; it does not count. */
  readonly met: boolean;
  /** What the journal of the first host said right after the kill; nothing: it stood between two steps. */
  readonly hit: readonly Place[];
  /** Exit of a process that was killed. */
  readonly exit: string | null;
  /** What became of the tasks, and how long the job took from the kill to its end, in milliseconds. */
  readonly outcome: Readonly<Record<string, number>>;
  readonly ms: number;
}

const LINES = 15;
const VERSIONS = Array.from({ length: 6 }, (_, n) => `${n + 1}.0.0`);
const HOSTS = ['line-1', 'line-2', 'line-3'];

/** Says which attempt it belongs to when it begins, writes its lines slowly, and says when it is done. `env`: see STOPS. */
const hook = (name: string) => `echo "$SIGNALBOX_ATTEMPT" >> "$SIGNALBOX_ROOT/${name}.begun"
n=0
while [ $n -lt ${LINES} ]; do n=$((n + 1)); echo "${name} $n of $SIGNALBOX_VERSION"; env sleep 0.01; done
echo "$SIGNALBOX_ATTEMPT" >> "$SIGNALBOX_ROOT/${name}.done"`;

const written = (name: string, version: string) =>
  Array.from({ length: LINES }, (_, n) => `${name} ${n + 1} of ${version}\n`).join('');

const lines = Array.from({ length: LINES }, (_, n) => ['env', n + 1] as const);

/** Calls of tools at which a kill can find the host in a step: those of the runner, and a hook's own, one for each line. */
const STOPS = {
  preflight: [['df', 1]],
  // The first head sends the report, the second one takes the package from the line.
  fetch: [
    ['head', 1],
    ['head', 2],
    ['mv', 1],
  ],
  verify: [['sha256sum', 1]],
  unpack: [
    ['mkdir', 1],
    ['gzip', 1],
    ['tar', 1],
    ['tar', 2],
    ['find', 1],
    ['chmod', 1],
    ['sync', 1],
    ['mv', 1],
  ],
  'pre-install': lines,
  'before the switch': [
    ['sync', 1],
    ['ln', 1],
    ['mv', 1],
  ],
  activate: [
    ['ln', 1],
    ['mv', 1],
    ['sync', 2],
  ],
  'after the switch': [['sync', 2]],
  'post-install': lines,
  health: lines,
  report: [
    ['mv', 1],
    ['ls', 1],
  ],
} satisfies Record<Place, readonly (readonly [GatedTool, number])[]>;

function stopAt(place: Place, random: () => number): Stop {
  const calls: readonly (readonly [GatedTool, number])[] = STOPS[place];
  const [tool, call] = calls[Math.floor(random() * calls.length)]!;
  return { step: (SIDES as readonly Place[]).includes(place) ? 'activate' : place, tool, call };
}

export interface Range {
  kill(shot: Shot): Promise<Kill>;
  /** An install that nobody disturbs succeeds everywhere: no host is locked. */
  proveFree(): Promise<void>;
  close(): Promise<void>;
}

export async function openRange(random: () => number): Promise<Range> {
  const hooks = Object.fromEntries(HOOKS.map((name) => [name, hook(name)]));
  const rig = await openRig({
    hosts: HOSTS,
    releases: VERSIONS.map((version) => ({ version, hooks, bytes: 4_000_000, noise: true })),
    settings: { SIGNALBOX_KEEP_RELEASES: '1', SIGNALBOX_LINE_PATIENCE_MS: '30000' },
    split: true,
    gated: ['line-1'],
  });
  const gate = rig.gates.get('line-1')!;
  const releases = await downloaded(rig);
  const root = rig.hosts.get('line-1')!.root;
  let round = 0;

  const install = async () => {
    const version = nextVersion(root, (round += 1));
    const before = journalState(root, 'orders');
    const plan = { waves: [{ ppm: 1_000_000 }], maxParallel: 3, maxFailures: { count: 3 } };
    const input = { releaseId: releases.get(version) as number, hostIds: [1, 2, 3], plan };
    return { id: (await rig.client.call('installs.start', input)).id, version, before };
  };

  return {
    async kill({ victim, wanted, lateMs }) {
      const stop = stopAt(wanted, random);
      gate.arm(stop);
      const { id, version, before } = await install();
      const reached = await reach(gate, root, before?.attempt);
      if (lateMs !== null) {
        gate.open();
        await delay(lateMs);
      }
      const { met, hit, exit } = await strike(rig, victim, root, reached, before?.current ?? null);
      gate.open();
      const from = performance.now();
      await recover(rig, victim);
      const tasks = await ended(rig, id);
      const ms = Math.round(performance.now() - from);
      await judge(rig, tasks, version, victim);
      return { victim, wanted, met, hit, exit, ms, outcome: counted(tasks) };
    },
    async proveFree() {
      const { id, version } = await install();
      const tasks = await ended(rig, id);
      expectAll(tasks, (task) => task.status === 'succeeded', 'an undisturbed install does not succeed');
      await judge(rig, tasks, version, null);
    },
    close: () => rig.close(),
  };
}

/** One that the first host lacks, so that no step is skipped there: a host that was killed has not tidied up. */
function nextVersion(root: string, round: number): string {
  const folder = join(root, 'orders', 'releases');
  const present = existsSync(folder) ? readdirSync(folder).join(' ') : '';
  const inTurn = VERSIONS.map((_, n) => VERSIONS[(round + n) % VERSIONS.length] as string);
  const lacking = inTurn.find((version) => !present.includes(`${version}-`));
  if (!lacking) throw new Error(`line-1 has every release: ${present}`);
  return lacking;
}

async function downloaded(rig: Rig): Promise<Map<string, number>> {
  const { items } = await until('the releases', async () => {
    const page = await rig.client.call('releases.list', {});
    return page.items.length === VERSIONS.length && page;
  });
  for (const { id } of items) {
    await rig.client.call('releases.download', { id });
    await until('a package', async () => (await rig.client.call('releases.show', { id })).package === 'present');
  }
  return new Map(items.map(({ id, version }) => [version, id]));
}

/** Waits until a tool of the first host stops at the gate. The step it belongs to is open, and stays so. */
async function reach(gate: StepGate, root: string, before: string | undefined): Promise<JournalState> {
  await gate.held(() => {
    const state = journalState(root, 'orders', before);
    return state?.final ? `the attempt has ended: ${JSON.stringify(state)}\n${journalText(root)}` : null;
  });
  const state = journalState(root, 'orders', before);
  if (!state) throw new Error('a tool stopped at the gate, but there is no attempt');
  return state;
}

async function strike(rig: Rig, victim: Victim, root: string, { attempt }: JournalState, before: string | null) {
  const place = { root, product: 'orders', attempt } as Parameters<typeof killRunner>[0];
  let exit: string | null = null;
  let struck: Promise<unknown> = Promise.resolve();
  if (victim === 'worker') struck = rig.worker!.kill().then(({ signal }) => (exit = signal));
  if (victim === 'server') struck = rig.server.kill().then(({ signal }) => (exit = signal));
  if (victim === 'line') struck = rig.hosts.get('line-1')!.stop();
  let met = true;
  if (victim === 'runner') met = hasPid(place) && killRunner(place);
  if (victim === 'host') met = hasPid(place) && killAllSteps(place) > 0;
  if (victim === 'database') struck = cutDatabase(rig);
  const state = journalState(root, 'orders');
  met &&= state !== null && !state.final;
  const hit = met && state ? placesOf(state, before) : [];
  await struck;
  return { met, hit, exit };
}

function hasPid({ root, product, attempt }: Parameters<typeof killRunner>[0]): boolean {
  return Number(journalFile(root, product, attempt, 'pid')) > 0;
}

/** `before`: what was current before the attempt. */
function placesOf(state: JournalState, before: string | null): Place[] {
  const { open, ended, current, attempt: _attempt } = state;
  if (open === 'activate') return ['activate', current === before ? 'before the switch' : 'after the switch'];
  if (open !== null) return STEPS.filter((step) => step === open);
  if (ended === 'pre-install') return ['before the switch'];
  return ended === 'activate' ? ['after the switch'] : [];
}

/** Every connection that anybody holds to it but this one. */
async function cutDatabase(rig: Rig): Promise<void> {
  await rig.database.db.execute(sql`
    select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`);
}

async function recover(rig: Rig, victim: Victim): Promise<void> {
  if (victim === 'worker') await rig.restartWorker();
  if (victim === 'server') await rig.restart();
  if (victim === 'line') await rig.revive('line-1');
}

async function ended(rig: Rig, id: number): Promise<TaskView[]> {
  let seen: unknown;
  await until(
    `the end of job ${id}`,
    async () => {
      // While the database is away the server says so; that is an answer, and the next look is a new one.
      const job = await rig.client.call('jobs.show', { id }).catch((error: unknown) => void (seen = String(error)));
      if (!job) return false;
      seen = { ...job, worker: rig.worker?.output().slice(-2_000), server: rig.server.output().slice(-1_000) };
      return jobHasEnded(job.status);
    },
    { forMs: 180_000, seen: () => seen },
  );
  return (await rig.client.call('jobs.tasks', { id })).items;
}

/** The invariants. A hook whose end cannot be known is `lost`, and only what was killed on the host itself may bring that about. */
async function judge(rig: Rig, tasks: readonly TaskView[], version: string, victim: Victim | null): Promise<void> {
  for (const task of tasks) {
    const { root } = rig.hosts.get(task.hostName)!;
    const onHost = victim === 'host' || victim === 'runner';
    if (task.status !== 'succeeded' && !(onHost && task.problem?.code === 'lost')) {
      throw new Error(`a task ended otherwise than it should: ${JSON.stringify(task)}\n${journalText(root)}`);
    }
    for (const name of HOOKS) {
      const begun = (await rig.read(task.hostName, `${name}.begun`)).split('\n').filter(Boolean);
      const twice = begun.filter((attempt, i) => begun.indexOf(attempt) < i);
      if (twice.length > 0) throw new Error(`${name} ran twice on ${task.hostName} in attempt ${twice.join(', ')}`);
    }
    const state = journalState(root, 'orders') as JournalState;
    const stored = (await rig.client.call('tasks.log', { id: task.id })).text;
    const kept = journalFile(root, 'orders', state.attempt, 'log');
    if (stored !== kept) throw new Error(`the log of ${task.hostName} differs from the host's: ${stored} / ${kept}`);
    const whole = HOOKS.map((name) => written(name, version)).join('');
    if (task.status === 'succeeded' && stored !== whole) {
      throw new Error(`the log of ${task.hostName} is not what its hooks wrote: ${JSON.stringify(stored)}`);
    }
  }
}

function expectAll(tasks: readonly TaskView[], right: (task: TaskView) => boolean, what: string): void {
  const wrong = tasks.filter((task) => !right(task));
  if (wrong.length > 0) throw new Error(`${what}: ${JSON.stringify(wrong, null, 1)}`);
}

/** What the host has to say about its newest attempt, for the message of a test that fails. */
function journalText(root: string): string {
  const attempt = journalState(root, 'orders')?.attempt ?? '';
  return ['report', 'runner.err', 'result']
    .map((name) => `--- ${name}\n${journalFile(root, 'orders', attempt, name)}`)
    .join('\n');
}

function counted(tasks: readonly TaskView[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of tasks) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** The next place to aim at: what nothing has hit yet goes first, and the victims take turns. Then some shots come late. */
export function aim(kills: readonly Kill[], count: number, random: () => number): Shot {
  const victim = VICTIMS[count % VICTIMS.length] as Victim;
  const detached: readonly Place[] = ['verify', 'unpack', ...HOOKS, 'activate', 'report', ...SIDES];
  const possible = victim === 'runner' || victim === 'host' ? detached : [...STEPS, ...SIDES];
  const missed = possible.filter((place) => !kills.some(({ hit }) => hit.includes(place)));
  const from = missed.length > 0 ? missed : possible;
  const wanted = from[Math.floor(random() * from.length)] as Place;
  const late = missed.length === 0 && wanted !== 'report' && random() < 1 / 3;
  return { victim, wanted, lateMs: late ? random() * 150 : null };
}

/** As many kills as asked for. One that came when everything had ended does not count and is tried again, at most as often. */
export async function killMany(range: Range, count: number, random: () => number): Promise<Kill[]> {
  const kills: Kill[] = [];
  for (let shots = 0; kills.length < count && shots < 2 * count; shots += 1) {
    const kill = await range.kill(aim(kills, shots, random));
    if (kill.met) kills.push(kill);
  }
  return kills;
}

/** Places that no kill hit. */
export function missedPlaces(kills: readonly Kill[]): Place[] {
  return [...STEPS, ...SIDES].filter((place) => !kills.some(({ hit }) => hit.includes(place)));
}
