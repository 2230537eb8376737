/** What the tests of the host side share: a plan, a run that keeps what it heard, and looks at a host's root folder. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type {
  AttemptOptions,
  AttemptPlan,
  FinalReport,
  Hello,
  HostSession,
  RunnerReport,
} from '../../server/hosts/contract.ts';
import { runAttempt } from '../../server/hosts/run-attempt.ts';
import type { BuiltPackage } from './package.ts';

let fences = 0;

/** Each plan is a new attempt with the next fence. */
export function planOf(
  root: string,
  version: string,
  built: BuiltPackage,
  changes: Partial<AttemptPlan> = {},
): AttemptPlan {
  return {
    attempt: randomUUID(),
    fence: (fences += 1),
    root,
    product: 'shop',
    version,
    digest: built.digest,
    size: built.size,
    kind: 'install',
    onFailure: 'restore',
    keep: 3,
    keepReleases: [],
    hooks: {},
    stepTimeoutMs: 30_000,
    unpackLimitBytes: 64 * 1024 * 1024,
    logCapBytes: 1024 * 1024,
    environment: {},
    ...changes,
  };
}

export interface Heard {
  readonly reports: RunnerReport[];
  readonly hellos: Hello[];
  log: Buffer;
  logOffset: number;
  reportOffset: number;
  transfers: number;
  cut: { at: number; total: number } | null;
}

export function nothingHeard(): Heard {
  return { reports: [], hellos: [], log: Buffer.alloc(0), logOffset: 0, reportOffset: 0, transfers: 0, cut: null };
}

/** Runs or attaches from where `heard` stands. A gap or a repeat in either stream fails at once. */
export function follow(
  session: HostSession,
  plan: AttemptPlan,
  built: BuiltPackage,
  heard: Heard,
  changes: Partial<AttemptOptions> = {},
): Promise<FinalReport> {
  return runAttempt(session, plan, {
    artifact: () => {
      heard.transfers += 1;
      return inPieces(built.bytes);
    },
    logOffset: heard.logOffset,
    reportOffset: heard.reportOffset,
    onHello: (hello) => void heard.hellos.push(hello),
    onReport: (report, next) => {
      if (next <= heard.reportOffset) throw new Error(`report repeated: ${next} after ${heard.reportOffset}`);
      heard.reports.push(report);
      heard.reportOffset = next;
    },
    onLog: ({ offset, bytes }) => {
      if (offset !== heard.logOffset) throw new Error(`log at ${offset}, expected ${heard.logOffset}`);
      heard.log = Buffer.concat([heard.log, bytes]);
      heard.logOffset += bytes.length;
    },
    onLogCut: (cut) => void (heard.cut = cut),
    ...changes,
  });
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

export interface Run extends Heard {
  readonly final: FinalReport;
}

export async function install(
  session: HostSession,
  plan: AttemptPlan,
  built: BuiltPackage,
  changes: Partial<AttemptOptions> = {},
): Promise<Run> {
  const heard = nothingHeard();
  const final = await follow(session, plan, built, heard, changes);
  return { ...heard, final };
}

/** `unpack ok`, `post-install failed hook_failed`: the ended steps in their order. */
export function endedSteps(reports: readonly RunnerReport[]): string[] {
  return reports.flatMap((report) =>
    report.event === 'ended' ? [`${report.step} ${report.outcome}${report.code ? ` ${report.code}` : ''}`] : [],
  );
}

/** The version that `current` on the host names, or null. */
export function currentVersion(root: string): string | null {
  const link = join(root, 'shop', 'current');
  return existsSync(link) ? readFileSync(join(link, 'VERSION'), 'utf8').trim() : null;
}

export function currentFolder(root: string): string {
  return readlinkSync(join(root, 'shop', 'current'));
}

/** Everything below releases/, hidden leftovers included. */
export function releasesOn(root: string): string[] {
  return readdirSync(join(root, 'shop', 'releases')).sort();
}

/** A file as a list of words, [] when it is not there: what hooks of these tests count in. */
export function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
}
