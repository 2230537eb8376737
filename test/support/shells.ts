/** The shells and tool sets of this machine that can play a host: `sh` and its tools come from a PATH of our making. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

export interface ToolSet {
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
}

const PATH = process.env['PATH'] ?? '/usr/bin:/bin';

export function which(program: string): string | null {
  return (
    PATH.split(':')
      .concat('/usr/sbin')
      .map((folder) => join(folder, program))
      .find((path) => existsSync(path)) ?? null
  );
}

/** A folder for a PATH. In a test it goes with the test; while a file is being read, with the file's tests (afterAll). */
export function pathFolder(whenDone: (remove: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-path-'));
  whenDone(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function withShell(name: string, program: string): ToolSet[] {
  const path = which(program);
  if (!path) return [];
  const folder = pathFolder(afterAll);
  symlinkSync(path, join(folder, 'sh'));
  return [{ name, env: { ...process.env, PATH: `${folder}:${PATH}` } }];
}

/** Nothing but busybox; Debian builds it without flock, which then comes from util-linux, and the name says so. */
function busybox(): ToolSet[] {
  const program = which('busybox');
  if (!program) return [];
  const folder = pathFolder(afterAll);
  const applets = execFileSync(program, ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean);
  for (const applet of applets) symlinkSync(program, join(folder, applet));
  const flock = applets.includes('flock') ? null : which('flock');
  if (flock) symlinkSync(flock, join(folder, 'flock'));
  return [{ name: `busybox${flock ? ' with flock of util-linux' : ''}`, env: { ...process.env, PATH: folder } }];
}

/** A host that has sh and these tools, and nothing else. */
export function onlyTools(tools: readonly string[]): NodeJS.ProcessEnv {
  const folder = pathFolder();
  for (const tool of ['sh', ...tools]) symlinkSync(which(tool) ?? '/nowhere', join(folder, tool));
  return { ...process.env, PATH: folder };
}

export function toolSets(): ToolSet[] {
  return [...withShell('dash', 'dash'), ...withShell('bash in posix mode', 'bash'), ...busybox()];
}

/** Shells that a host's user may have as login shell; the runner's command line goes through `<shell> -c`. */
export function loginShells(): string[] {
  const known = ['sh', 'dash', 'bash', 'zsh', 'tcsh', 'csh', 'fish', 'mksh', 'ksh'];
  return known.filter((shell) => which(shell) && spawnSync(shell, ['-c', 'true']).status === 0);
}

/** A PATH on which `tool` stops at its first call, says so with the file `stopped`, and is to be killed there. */
export function stoppingAt(tool: string, call = 1): { readonly env: NodeJS.ProcessEnv; readonly stopped: string } {
  const folder = pathFolder();
  const calls = join(folder, 'calls');
  const stopped = join(folder, 'stopped');
  const script = `#!/bin/sh
echo >> ${calls}
if [ "$(grep -c '' ${calls})" = ${call} ]; then touch ${stopped}; exec sleep 60; fi
exec ${which(tool)} "$@"
`;
  writeFileSync(join(folder, tool), script, { mode: 0o755 });
  return { env: { ...process.env, PATH: `${folder}:${PATH}` }, stopped };
}
