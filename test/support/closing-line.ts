import type { Reporter, TestModule } from 'vitest/node';

/** Prints `N passed, N failed` as the very last line, so that a machine can read how the run ended. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        if (state === 'passed') count.passed += 1;
        else if (state === 'failed') count.failed += 1;
        else count.skipped += 1;
      }
      // A file that broke before its first test has none to count.
      if (!module.ok() && !tests.some((test) => test.result().state === 'failed')) count.failed += 1;
    }
    const failed = count.failed === 0 && errors.length > 0 ? errors.length : count.failed;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    process.on('exit', () => process.stdout.write(`\n${count.passed} passed, ${failed} failed${skipped}\n`));
  }
}
