import { isDeepStrictEqual } from 'node:util';
import type { Case, CaseFile } from './case-file.ts';
import type { Adapter } from './families.ts';

export type Verdict = { readonly passed: true } | { readonly passed: false; readonly got: unknown };

/** The adapter of a file's family. Throws with the families there are when it is unknown. */
export function adapterOf(file: CaseFile, families: Readonly<Record<string, Adapter>>): Adapter {
  const adapter = Object.hasOwn(families, file.family) ? families[file.family] : undefined;
  if (adapter) return adapter;
  const known = Object.keys(families).sort().join(', ');
  throw new Error(`no adapter for family "${file.family}" of ${file.path}: the families are ${known}`);
}

/** Feeds one case to the domain. An adapter that throws has not passed; what it threw is the answer. */
export function judge({ given, expect }: Case, adapter: Adapter): Verdict {
  try {
    const got = adapter(given);
    return isDeepStrictEqual(got, expect) ? { passed: true } : { passed: false, got };
  } catch (error) {
    return { passed: false, got: error instanceof Error ? `${error.name}: ${error.message}` : error };
  }
}
