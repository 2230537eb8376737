import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the domain tests need; everything else stays out of the copy. */
const COPIED = ['server/domain', 'test/domain', 'test/conformance', 'tsconfig.json', 'package.json'];
/** The purity check reads the whole repository; tests of the bot are not about the rules. One thread without isolation: the start costs more than the tests. */
const CONFIG = `export default { test: {
  include: ['test/domain/**/*.test.ts'], exclude: ['test/domain/purity.test.ts', 'test/domain/bot/**'],
  pool: 'threads', isolate: false, maxWorkers: 1, bail: 1,
} };`;
/** The tests of one file take a second; a broken loop may never end. */
const PATIENCE_MS = 30_000;

/** A copy of the rules and their tests in which one file at a time is broken. Removed by `remove`. */
export function testLane(root: string) {
  const copy = mkdtempSync(join(tmpdir(), 'signalbox-mutation-'));
  for (const path of COPIED) cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(join(copy, 'vitest.config.ts'), CONFIG);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');

  /** Whether a test that has to do with the file fails while it is broken. */
  const notices = async (file: string, broken: string, original: string): Promise<boolean> => {
    writeFileSync(join(copy, file), broken);
    const passed = await passes(process.execPath, [vitest, 'related', file, '--run', '--passWithNoTests'], copy);
    writeFileSync(join(copy, file), original);
    return !passed;
  };
  const passUnbroken = () => passes(process.execPath, [vitest, '--run'], copy);
  return { notices, passUnbroken, remove: () => rmSync(copy, { recursive: true, force: true }) };
}

function passes(command: string, args: readonly string[], cwd: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, timeout: PATIENCE_MS, killSignal: 'SIGKILL' }, (error) => resolve(error === null));
  });
}
