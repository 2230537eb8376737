import { rangeProblem, rangeText, type RangeCode, type RecallRange } from './recall-range.ts';
import type { Reason } from './reason.ts';
import { isRecalled, type Recall, type RecallStrategy } from './recall.ts';
import { parseSemver } from './semver.ts';
import { counted, instantText } from './wording.ts';
import type { Versioning } from './versions.ts';

export type RecallRefusalCode =
  RangeCode | 'no_such_release' | 'covers_nothing' | 'floor_unknown' | 'freeze_over' | 'already_recalled';

export interface RecallRequest {
  readonly range: RecallRange;
  readonly except: readonly string[];
  readonly strategy: RecallStrategy;
}

export interface RecallRequestFacts {
  readonly versioning: Versioning;
  /** Versions in the catalog, and those that hosts report. */
  readonly known: readonly string[];
  /** Recalls of the product that nobody has reverted. Beside one of a stage a person's is no repetition: it rolls off all. */
  readonly standing: readonly (RecallRequest & { readonly id: number; readonly evaluationId: number | null })[];
}

/** Why a person's recall is not opened at `now`, or null when it is. Rule: section 9. */
export function recallProblem(
  request: RecallRequest,
  { versioning, known, standing }: RecallRequestFacts,
  now: number,
): Reason<RecallRefusalCode> | null {
  const { range, strategy } = request;
  const wrong = rangeProblem(versioning, range) ?? releaseProblem(request, known);
  if (wrong) return wrong;
  if (strategy.type === 'freeze' && strategy.until <= now) {
    const sentence = `Recall refused: it would freeze until ${instantText(strategy.until)}, which is over. Choose a later end.`;
    return { code: 'freeze_over', sentence };
  }
  if (strategy.type === 'downgrade' && !isFloor(versioning, known, strategy.floor)) {
    const sentence = `Recall refused: the floor ${JSON.stringify(strategy.floor)} is no version that releases can be compared with. Name a release.`;
    return { code: 'floor_unknown', sentence };
  }
  const same = standing.find((one) => one.evaluationId === null && textOf(one) === textOf(request));
  if (!same) return null;
  const sentence = `Recall refused: recall ${same.id} says the very same. Revert that one first, or change the strategy.`;
  return { code: 'already_recalled', sentence, recall: same.id };
}

function releaseProblem({ range, except }: RecallRequest, known: readonly string[]): Reason<RecallRefusalCode> | null {
  if (!('only' in range)) return null;
  if (except.includes(range.only)) {
    return { code: 'covers_nothing', sentence: `Recall refused: ${range.only} is all of it, and is excluded.` };
  }
  if (known.includes(range.only)) return null;
  const sentence = `Recall refused: there is no release ${range.only}. A range catches what is yet to be published.`;
  return { code: 'no_such_release', sentence };
}

/** Where the channel sequence is the order, only a release has a place in it. */
function isFloor(versioning: Versioning, known: readonly string[], floor: string): boolean {
  return versioning === 'semver' ? parseSemver(floor) !== null : known.includes(floor);
}

function textOf({ range, except, strategy }: RecallRequest): string {
  return [recallText({ range, except }), strategyText(strategy)].join('\n');
}

/** What a recall covers, as people read it: `[1.1.0, ∞) without 1.2.0`. */
export function recallText({ range, except }: Pick<RecallRequest, 'range' | 'except'>): string {
  const without = [...new Set(except)].sort();
  return without.length === 0 ? rangeText(range) : `${rangeText(range)} without ${without.join(', ')}`;
}

/** `forward`, `downgrade to 1.0.0 or newer`, `freeze until 2026-11-21 18:00 UTC`. */
export function strategyText(strategy: RecallStrategy): string {
  switch (strategy.type) {
    case 'forward':
      return 'forward';
    case 'downgrade':
      return `downgrade to ${strategy.floor} or newer`;
    case 'freeze':
      return `freeze until ${instantText(strategy.until)}`;
  }
}

/** The versions among these that a recall which is not open yet would cover. */
export function wouldCover(request: RecallRequest, versions: readonly string[]): string[] {
  const recall: Recall = { ...request, reverted: false };
  return versions.filter((version) => isRecalled([recall], version));
}

/**
 * Whether a roll-off has nothing left to do on a host that has not been taken to it: the host reports no recalled release
 * any more, and its last task did not leave it half done. Null: it has. Rule: section 9.
 */
export function sparedReason(
  host: { readonly name: string; readonly version: string | null; readonly lastTaskWentBad: boolean },
  recalls: readonly Recall[],
): Reason<'not_recalled'> | null {
  if (host.lastTaskWentBad || (host.version !== null && isRecalled(recalls, host.version))) return null;
  const runs = host.version === null ? 'nothing' : host.version;
  const sentence = `${host.name} runs ${runs}, which no recall covers: there is nothing to roll off.`;
  return { code: 'not_recalled', sentence };
}

/** `3 hosts roll off, 2 stay`: what a recall does, in one line. */
export function impactText(counts: Readonly<Partial<Record<string, number>>>): string {
  const parts = Object.entries(WORDS).flatMap(([outcome, word]) => {
    const hosts = counts[outcome] ?? 0;
    return hosts === 0 ? [] : [`${counted(hosts, 'host')} ${word}`];
  });
  return parts.length === 0 ? 'no host runs it' : parts.join(', ');
}

const WORDS = {
  starts: 'to roll off',
  under_way: 'rolling off',
  waits: 'waiting',
  stays: 'to stay',
  proposed: 'for a person to decide',
  tried: 'tried in vain',
  refused: 'out of reach',
} as const;
