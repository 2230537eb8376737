/**
 * Holds a host at a step. Some of its tools come from a folder of ours that is first on its PATH: while nobody asks for more
 * they are the real ones, and where a test asks for it one call stops until it is let go. A kill at a gate is never too late.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { which } from './shells.ts';
import { until } from './until.ts';

/** What stops: the n-th call of a tool while a step is open. */
export interface Stop {
  readonly step: string;
  readonly tool: GatedTool;
  /** Counted from 1. */
  readonly call: number;
}

export interface StepGate {
  /** What comes first on the host's PATH. */
  readonly folder: string;
  /** The next call that fits stops. */
  arm(stop: Stop): void;
  /** Resolves when it stands there. `over`: throws, or says why it never will. */
  held(over: () => string | null): Promise<void>;
  /** Lets go what stands there, and whatever would still stop. */
  open(): void;
}

/** None of them is called by what looks at a host or follows the steps: whatever stops holds the step itself. */
const TOOLS = ['head', 'mv', 'sha256sum', 'mkdir', 'gzip', 'tar', 'find', 'chmod', 'sync'] as const;
const ALSO = ['df', 'ln', 'ls', 'env'] as const;
export type GatedTool = (typeof TOOLS)[number] | (typeof ALSO)[number];

/** `folder`: made here. `home`: the product's folder on the host. */
export function makeStepGate(folder: string, home: string): StepGate {
  mkdirSync(folder, { recursive: true });
  const [asked, held, calls] = ['asked', 'held', 'calls'].map((name) => join(folder, name)) as [string, string, string];
  for (const tool of [...TOOLS, ...ALSO]) {
    writeFileSync(join(folder, tool), script(tool, { asked, held, calls, home }), { mode: 0o755 });
  }
  let wanted: Stop = { step: 'none', tool: 'mv', call: 1 };
  return {
    folder,
    arm(stop) {
      wanted = stop;
      rmSync(calls, { force: true });
      writeFileSync(asked, `${stop.step} ${stop.tool} ${stop.call}\n`);
    },
    async held(over) {
      const stands = () => existsSync(held);
      const stop = `${wanted.tool} (call ${wanted.call}) in ${wanted.step}`;
      await until(
        `${stop} to stop at the gate`,
        () => {
          if (stands()) return true;
          const reason = over();
          if (reason !== null && !stands()) throw new Error(`${stop} did not stop at the gate: ${reason}`);
          return false;
        },
        { forMs: 120_000 },
      );
    },
    open() {
      rmSync(asked, { force: true });
      rmSync(held, { force: true });
    },
  };
}

/** The step is what the journal of the host's owner says last. A rename decides who stops; nobody waits for ever. */
function script(tool: string, at: { asked: string; held: string; calls: string; home: string }): string {
  const real = which(tool);
  return `#!/bin/sh
stops() {
  read -r step tool call <'${at.asked}' && [ "$tool" = ${tool} ] || return 1
  read -r _ attempt _ <'${at.home}/lock' || return 1
  while read -r line; do last=$line; done <"${at.home}/journal/$attempt/report"
  case $last in '{"event":"started","step":"'"$step"'"'*) ;; *) return 1 ;; esac
  echo >>'${at.calls}'
  n=0
  while read -r _; do n=$((n + 1)); done <'${at.calls}'
  [ "$n" = "$call" ] && ${which('mv')} '${at.asked}' '${at.held}'
}
if [ -e '${at.asked}' ] && stops 2>/dev/null; then
  n=0
  while [ -e '${at.held}' ] && [ $n -lt 6000 ]; do
    n=$((n + 1))
    ${which('sleep')} 0.01
  done
fi
exec ${real} "$@"
`;
}
