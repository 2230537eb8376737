import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { families } from './families.ts';
import { reportCases } from './report.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'conformance-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const one = { name: 'all of them', given: { environments: [{ name: 'a', labels: {} }] }, expect: { selected: ['a'] } };
const wrong = { ...one, name: 'none of them', expect: { selected: [] } };

function write(name: string, content: unknown): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** What `npm run conformance -- paths` prints and answers, without the time that a process takes to start. */
function run(...paths: string[]) {
  const lines: string[] = [];
  const complaints: string[] = [];
  const output = { line: (text: string) => lines.push(text), complaint: (text: string) => complaints.push(text) };
  const status = reportCases(paths, families, output);
  return { status, stdout: lines.join('\n'), stderr: complaints.join('\n'), last: lines.at(-1) };
}

describe('npm run conformance', () => {
  test('is a command that answers with its exit code', () => {
    const path = write('filters.json', { family: 'filters', cases: [one, wrong] });
    const script = join(import.meta.dirname, 'run.ts');
    const { status, stdout } = spawnSync(process.execPath, [script, path], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stdout).toMatch(/1 passed, 1 failed\n$/);
  });

  test('closes with the counts, and ends well when all cases passed', () => {
    const path = write('filters.json', { family: 'filters', cases: [one, { ...one, name: 'again' }] });
    expect(run(path)).toMatchObject({ status: 0, stdout: '2 passed, 0 failed' });
  });

  test('prints each case that differs, with what was expected and what came', () => {
    const path = write('filters.json', { family: 'filters', cases: [one, wrong] });
    const { status, stdout, last } = run(path);
    expect(status).toBe(1);
    expect(last).toBe('1 passed, 1 failed');
    expect(stdout).toContain('filters: none of them');
    expect(stdout).toContain('expected {"selected":[]}');
    expect(stdout).toContain('got      {"selected":["a"]}');
    expect(stdout).not.toContain('all of them');
  });

  test('a case that cannot be judged has failed, and the others are still judged', () => {
    const broken = { ...one, name: 'broken', given: { environments: 7 } };
    const path = write('filters.json', { family: 'filters', cases: [broken, one] });
    expect(run(path)).toMatchObject({ status: 1, last: '1 passed, 1 failed' });
  });

  test('takes files and folders, and what lies deeper in them', () => {
    write('cases/deep/filters.json', { family: 'filters', cases: [one] });
    write('cases/more.json', { family: 'filters', cases: [one] });
    const other = write('other.json', { family: 'filters', cases: [wrong] });
    expect(run(join(folder, 'cases'), other)).toMatchObject({ status: 1, last: '2 passed, 1 failed' });
  });

  test('says which family it does not know, and which it does', () => {
    const path = write('x.json', { family: 'weather', cases: [one] });
    const { status, stderr } = run(path);
    expect(status).not.toBe(0);
    expect(stderr).toContain('no adapter for family "weather"');
    expect(stderr).toContain('filters');
  });

  test('says which file is none', () => {
    expect(run(join(folder, 'absent.json'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('absent.json'),
    });
    expect(run(write('x.json', '{'))).toMatchObject({ status: 2, stderr: expect.stringContaining('x.json') });
    expect(run(write('y.json', { cases: [] }))).toMatchObject({ status: 2, stderr: expect.stringContaining('y.json') });
  });
});
