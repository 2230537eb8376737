import { compareVersions, type Versioning } from './versions.ts';
import { parseSemver } from './semver.ts';
import type { Reason } from './reason.ts';

/** What a recall covers: one release; `[from, before)`; `[from, ∞)`, later publishes too. Rule: section 9. */
export type RecallRange =
  { readonly only: string } | { readonly from: string; readonly before: string } | { readonly from: string };

export type RangeCode = 'range_needs_semver' | 'range_empty';

/** Inside the range by plain SemVer precedence, so a pre-release of `before` is inside. Rule: section 9. */
export function inRange(range: RecallRange, version: string): boolean {
  if ('only' in range) return range.only === version;
  if (!parseSemver(version) || compareVersions(version, range.from) < 0) return false;
  return !('before' in range) || compareVersions(version, range.before) < 0;
}

/** Why a recall cannot be opened with this range, or null when it can. Rule: section 9. */
export function rangeProblem(versioning: Versioning, range: RecallRange): Reason<RangeCode> | null {
  if ('only' in range) return null;
  const bounds = 'before' in range ? [range.from, range.before] : [range.from];
  const wrong = bounds.find((bound) => !parseSemver(bound));
  if (versioning === 'sequence' || wrong !== undefined) {
    const cause =
      wrong === undefined ? 'the product orders its releases by sequence' : `${JSON.stringify(wrong)} is not SemVer`;
    const sentence = `Recall refused: a range is compared by SemVer, and ${cause}. Recall single releases instead.`;
    return { code: 'range_needs_semver', sentence };
  }
  if (!('before' in range) || compareVersions(range.from, range.before) < 0) return null;
  return {
    code: 'range_empty',
    sentence: `Recall refused: nothing lies from ${range.from} to before ${range.before}. Swap the bounds.`,
  };
}

/** The range as people read it: `1.1.0`, `[1.1.0, 1.3.0)`, `[1.1.0, ∞)`. */
export function rangeText(range: RecallRange): string {
  if ('only' in range) return range.only;
  return 'before' in range ? `[${range.from}, ${range.before})` : `[${range.from}, ∞)`;
}
