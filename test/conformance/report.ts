import { readCaseFiles } from './case-file.ts';
import type { Adapter } from './families.ts';
import { adapterOf, judge } from './judge.ts';

/** Where the report goes, line by line. */
export interface Output {
  readonly line: (text: string) => void;
  readonly complaint: (text: string) => void;
}

/**
 * Judges all cases under the paths, tells each that differs and closes with the counts.
 * Answers the exit code: 0 all passed, 1 one failed, 2 the cases could not be judged.
 */
export function reportCases(
  paths: readonly string[],
  families: Readonly<Record<string, Adapter>>,
  output: Output,
): 0 | 1 | 2 {
  try {
    return reportFiles(paths, families, output);
  } catch (error) {
    output.complaint(`conformance: ${describe(error)}`);
    return 2;
  }
}

function reportFiles(paths: readonly string[], families: Readonly<Record<string, Adapter>>, output: Output): 0 | 1 {
  const files = readCaseFiles(paths).map((file) => ({ file, adapter: adapterOf(file, families) }));
  let passed = 0;
  let failed = 0;
  for (const { file, adapter } of files) {
    for (const one of file.cases) {
      const verdict = judge(one, adapter);
      if (verdict.passed) passed += 1;
      else {
        failed += 1;
        output.line(`✗ ${file.family}: ${one.name}  (${file.path})`);
        output.line(`  expected ${JSON.stringify(one.expect)}`);
        output.line(`  got      ${JSON.stringify(verdict.got)}`);
      }
    }
  }
  output.line(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}\n${error.cause.message}` : error.message;
}
