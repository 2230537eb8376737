import { readCaseFiles, ownCopies, type CaseFile } from './case-file.ts';
import { families, type Adapter } from './families.ts';
import { adapterOf, judge } from './judge.ts';

const paths = process.argv.slice(2);

try {
  const files = readCaseFiles(paths.length > 0 ? paths : [ownCopies]);
  const failed = report(files, families);
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  process.stderr.write(`conformance: ${describe(error)}\n`);
  process.exitCode = 2;
}

function report(files: readonly CaseFile[], registry: Readonly<Record<string, Adapter>>): number {
  const adapters = files.map((file) => adapterOf(file, registry));
  let passed = 0;
  let failed = 0;
  files.forEach((file, index) => {
    for (const one of file.cases) {
      const verdict = judge(one, adapters[index]!);
      if (verdict.passed) passed += 1;
      else {
        failed += 1;
        print(`✗ ${file.family}: ${one.name}  (${file.path})`, differences(one.expect, verdict.got));
      }
    }
  });
  print(`${passed} passed, ${failed} failed`);
  return failed;
}

function differences(expected: unknown, got: unknown): string {
  return `  expected ${JSON.stringify(expected)}\n  got      ${JSON.stringify(got)}`;
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}\n${error.cause.message}` : error.message;
}
