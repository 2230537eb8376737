import type { Reason } from './reason.ts';
import { comparePrecedence, parseSemver, type Semver } from './semver.ts';

export type Versioning = 'semver' | 'sequence';

/** Where a release stands. `sequence`: its number on the channel that orders it, null when it has no entry there. */
export interface Position {
  readonly version: string;
  readonly sequence: number | null;
}

/** The one of that version; a product has each version once. */
export function named<Placed extends Position>(releases: readonly Placed[], version: string): Placed | undefined {
  return releases.find((release) => release.version === version);
}

export type LabelCode = 'not_semver' | 'label_unusable';

/** A label becomes part of a folder name on hosts, beside a dash and eight digits of the digest. */
const LONGEST_LABEL = 200;
const USABLE_LABEL = /^[0-9A-Za-z][0-9A-Za-z._+-]*$/;

/** Why a release cannot be published under this label, or null when it can. Rule: section 2. */
export function labelProblem(versioning: Versioning, label: string): Reason<LabelCode> | null {
  const shown = JSON.stringify(label.slice(0, 80));
  if (label.length > LONGEST_LABEL || !USABLE_LABEL.test(label)) {
    return {
      code: 'label_unusable',
      sentence: `Version ${shown} refused: a version has at most ${LONGEST_LABEL} letters, digits, dots, dashes, plus signs and underscores, and begins with a letter or digit.`,
    };
  }
  if (versioning === 'sequence' || parseSemver(label)) return null;
  const plain =
    /^v(?=\d)/i.test(label) && parseSemver(label.slice(1)) ? ` Write ${JSON.stringify(label.slice(1))}.` : '';
  return {
    code: 'not_semver',
    sentence: `Version ${shown} refused: the product orders its releases by SemVer 2.0.0 (such as 1.4.0 or 1.4.0-rc.1).${plain}`,
  };
}

/**
 * Order of two SemVer labels by precedence: negative when a comes before b, 0 at equal precedence (build metadata is ignored).
 * Throws when a label is not SemVer; boundaries check that before. Rule: section 2.
 */
export function compareVersions(a: string, b: string): number {
  return comparePrecedence(trusted(a), trusted(b));
}

/**
 * Order of two releases of a product: negative when a is older, positive when a is newer. 0 also when they cannot be ordered
 * (no place on the channel, or a host reports what is not SemVer): then neither is newer. Rule: section 2.
 */
export function comparePositions(versioning: Versioning, a: Position, b: Position): number {
  if (a.version === b.version) return 0;
  const precedence = versioning === 'semver' ? orderByPrecedence(a.version, b.version) : 0;
  if (precedence !== 0) return precedence;
  return a.sequence === null || b.sequence === null ? 0 : a.sequence - b.sequence;
}

function orderByPrecedence(a: string, b: string): number {
  const [first, second] = [parseSemver(a), parseSemver(b)];
  return first && second ? comparePrecedence(first, second) : 0;
}

/** Newer than the deployed release; everything is newer when nothing is deployed. Rule: section 4. */
export function isNewer(versioning: Versioning, release: Position, deployed: Position | null): boolean {
  return deployed === null || comparePositions(versioning, release, deployed) > 0;
}

export function isOlder(versioning: Versioning, release: Position, deployed: Position): boolean {
  return comparePositions(versioning, release, deployed) < 0;
}

/** The same release, or an older one. */
export function isUpTo(versioning: Versioning, release: Position, bound: Position): boolean {
  return release.version === bound.version || isOlder(versioning, release, bound);
}

export function oldestFirst<Placed extends Position>(versioning: Versioning, releases: readonly Placed[]): Placed[] {
  return releases.toSorted((a, b) => comparePositions(versioning, a, b));
}

export function newestFirst<Placed extends Position>(versioning: Versioning, releases: readonly Placed[]): Placed[] {
  return oldestFirst(versioning, releases).reverse();
}

function trusted(label: string): Semver {
  const version = parseSemver(label);
  if (!version) throw new Error(`cannot order ${JSON.stringify(label)}: it is not SemVer`);
  return version;
}
