/** A version by SemVer 2.0.0. Numbers stay digits: the specification does not bound them, JavaScript's integers do. */
export interface Semver {
  readonly core: readonly [major: string, minor: string, patch: string];
  /** Empty for a release proper. */
  readonly prerelease: readonly string[];
}

/** The grammar at semver.org, word for word; build metadata is accepted and forgotten. */
const GRAMMAR =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

/** null when the text is not SemVer 2.0.0. */
export function parseSemver(text: string): Semver | null {
  const match = GRAMMAR.exec(text);
  if (!match) return null;
  const [, major, minor, patch, prerelease] = match as unknown as [string, string, string, string, string | undefined];
  return { core: [major, minor, patch], prerelease: prerelease?.split('.') ?? [] };
}

/** Negative when a comes before b, positive when after, 0 at equal precedence. Rule: SemVer 2.0.0, section 11. */
export function comparePrecedence(a: Semver, b: Semver): number {
  for (const part of [0, 1, 2] as const) {
    const difference = compareNumbers(a.core[part], b.core[part]);
    if (difference !== 0) return difference;
  }
  return comparePrerelease(a.prerelease, b.prerelease);
}

function comparePrerelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0);
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const difference = compareIdentifiers(a[index]!, b[index]!);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string, b: string): number {
  const numeric = /^\d+$/;
  if (numeric.test(a) !== numeric.test(b)) return numeric.test(a) ? -1 : 1;
  return numeric.test(a) ? compareNumbers(a, b) : compareText(a, b);
}

/** Without leading zeros, the longer number is the larger one. */
function compareNumbers(a: string, b: string): number {
  return a.length === b.length ? compareText(a, b) : a.length - b.length;
}

/** ASCII order, which for these characters is the order of code units. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
