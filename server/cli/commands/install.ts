import type { Api } from '../../contracts/api.ts';
import type { Client } from '../../contracts/client.ts';
import type { InputOf } from '../../contracts/endpoint.ts';
import { ppmOfPercent } from '../../domain/quantity.ts';
import type { HostView } from '../../domain/views.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';
import { followJob, jobLines, leftOutLines } from '../follow-job.ts';
import { everyHost, hostsNamed, releaseNamed } from '../named.ts';
import { notesLines, table } from '../text.ts';

const options = {
  hosts: { value: 'a,b', text: 'on these hosts' },
  environment: { value: 'name', text: 'on the hosts of this environment that are in service' },
  all: { text: 'on all hosts that are in service' },
  waves: { value: '1,25%:manual,100%', text: 'cumulative targets, one per wave; a manual one waits for continue' },
  'max-parallel': { value: 'n', text: 'hosts at once' },
  'max-failures': { value: 'n|n%', text: 'hosts that may fail before the job halts' },
  bake: { value: '300s', text: 'how long a wave has to stay well: s, m or h' },
  'on-failure': { value: 'restore|leave', text: 'what becomes of a host that fails' },
  reason: { value: 'text', text: 'why; stands in the log' },
  path: { text: 'by way of every required release between, one job each' },
  override: { value: 'reason', text: 'start although maintenance windows are closed; the job shows why' },
  'dry-run': { text: 'show the plan and do nothing' },
  wait: { text: 'wait for its end' },
} as const;

export const install = command(
  { summary: 'Install a downloaded release on hosts', args: ['product', 'version'], options },
  async (terminal, { product, version }, given) => {
    const plan = planOf(given);
    const release = await releaseNamed(terminal.client, product, version);
    const hostIds = (await chosenHosts(terminal.client, given)).map(({ id }) => id);
    const leaveOut = given.hosts === undefined;
    const input = { releaseId: release.id, hostIds, plan, reason: given.reason, leaveOut };
    if (given['dry-run']) {
      const preview = await terminal.client.call('installs.preview', input);
      const rows = preview.hosts.map((host) => [
        String(host.wave),
        host.name,
        host.fromVersion ?? '–',
        host.outcome,
        host.reason?.sentence ?? host.heldBy?.sentence ?? host.windowClosed?.sentence ?? '',
      ]);
      const refusal = preview.refusal ? [preview.refusal.sentence] : [];
      const legs = preview.path?.legs.map(({ version: over, hosts }) => `${over} on ${hosts}`) ?? [];
      const path = legs.length === 0 ? [] : [`--path goes over ${legs.join(', then ')}`];
      terminal.show(preview, () => [
        ...table(['wave', 'host', 'from', 'outcome', 'why'], rows, 'no hosts'),
        ...leftOutLines(preview),
        ...refusal,
        ...path,
        ...notesLines(preview.notes),
      ]);
      return preview.refusal ? 'refused' : 'ok';
    }
    const override = given.override === undefined ? undefined : { reason: given.override };
    if (given.path) {
      const { jobs } = await terminal.client.call('installs.startPath', { ...input, override });
      const last = jobs.at(-1);
      if (given.wait && last) return followJob(terminal, last.id);
      terminal.show({ jobs }, () => jobs.flatMap(jobLines));
      return 'ok';
    }
    const job = await terminal.client.call('installs.start', { ...input, override });
    if (given.wait) return followJob(terminal, job.id);
    terminal.show(job, () => jobLines(job));
    return 'ok';
  },
);

interface Choice {
  readonly hosts?: string;
  readonly environment?: string;
  readonly all?: boolean;
}

async function chosenHosts(client: Client, { hosts, environment, all }: Choice): Promise<HostView[]> {
  if ([hosts, environment, all].filter((choice) => choice !== undefined).length !== 1) {
    throw new UsageError('install needs exactly one of --hosts, --environment and --all.');
  }
  const known = await everyHost(client, environment);
  if (hosts !== undefined) return hostsNamed(known, listOf(hosts));
  return known;
}

type PlanOptions = Partial<Record<'waves' | 'max-parallel' | 'max-failures' | 'bake' | 'on-failure', string>>;

/** Only what was asked for; the server knows the defaults. */
function planOf(given: PlanOptions): InputOf<Api['installs.start']>['plan'] {
  const onFailure = given['on-failure'];
  if (onFailure !== undefined && onFailure !== 'restore' && onFailure !== 'leave') {
    throw new UsageError(`--on-failure has to be restore or leave, not ${onFailure}.`);
  }
  return {
    ...(given.waves === undefined ? {} : { waves: listOf(given.waves).map(waveOf) }),
    ...(given['max-parallel'] === undefined ? {} : { maxParallel: countOf('--max-parallel', given['max-parallel']) }),
    ...(given['max-failures'] === undefined
      ? {}
      : { maxFailures: quantityOf('--max-failures', given['max-failures']) }),
    ...(given.bake === undefined ? {} : { bakeMs: durationOf('--bake', given.bake) }),
    ...(onFailure === undefined ? {} : { onFailure }),
  };
}

function waveOf(text: string) {
  const [, amount = text, manual] = /^(.*?)([\s:]+manual)?$/.exec(text) ?? [];
  return { ...quantityOf('--waves', amount), ...(manual === undefined ? {} : { manual: true }) };
}

function quantityOf(option: string, text: string): { count: number } | { ppm: number } {
  const percent = /^(\d+(?:\.\d+)?) ?%$/.exec(text)?.[1];
  return percent === undefined ? { count: countOf(option, text) } : { ppm: ppmOfPercent(Number(percent)) };
}

function countOf(option: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`${option} does not understand ${text}: write a whole number, or a share such as 25%.`);
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

function durationOf(option: string, text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (amount === undefined) throw new UsageError(`${option} does not understand ${text}: write 0s, 90s, 5m or 1h.`);
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
