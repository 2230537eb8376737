/** What many kills showed, as docs/reliability.md keeps it. */
import { cpus, loadavg, totalmem } from 'node:os';
import { SIDES, STEPS, VICTIMS, type Kill } from './kills.ts';

const MEANING = {
  worker: 'SIGKILL of the worker process, which is then started again',
  server: 'SIGKILL of the server (web and clock), which is then started again',
  database: 'every connection to PostgreSQL ended by the database',
  line: "the host's SSH server and its connections killed, then started again",
  runner: 'SIGKILL of the runner on the host, its hook goes on',
  host: 'SIGKILL of runner and hook on the host, as a reboot does',
} satisfies Record<(typeof VICTIMS)[number], string>;

export function killsReport(kills: readonly Kill[], seed: number, command: string): string {
  const rows = VICTIMS.map((victim) => {
    const own = kills.filter((kill) => kill.victim === victim);
    const lost = own.filter(({ outcome }) => outcome['failed']).length;
    return `| ${victim} | ${MEANING[victim]} | ${own.length} | ${lost} | ${seconds(median(own))} | ${seconds(Math.max(...own.map(({ ms }) => ms)))} |`;
  });
  return `# Reliability

Made by \`${command}\`: ${kills.length} kills, seed ${seed}, in the middle of installs of a 4 MB package with three hooks on
three hosts. Server, worker and hosts are processes of their own, PostgreSQL is a real one.

A kill is aimed at a step. One tool that the host calls in that step stands still until the kill has come, so none comes too
late, however slow the machine is; a third of them come up to 150 ms after it was let go. Where a kill hit is read from the
host's own journal at that moment.

## What has to hold after each kill

* The job ends.
* Each hook has run at most once per attempt, and each hook of a host that succeeded exactly once.
* The log in the database is byte for byte that of the host; that of a host that succeeded is byte for byte what its hooks wrote.
* A task has succeeded, or it is \`failed\` with the code \`lost\`: only where hook or runner were killed on the host itself.
* A process that was to be killed ended by SIGKILL.

After all of them an undisturbed install succeeds everywhere: no host is locked. Every step and both sides of the switch have
been hit. All of it held. That a worker which slept through its lease is refused by the host's fence is shown by
\`test/chaos/zombie-worker.test.ts\`.

## Kills by victim

| killed | how | kills | of them with a \`lost\` hook | median time to the job's end | longest |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## Kills by step

${matrix(kills)}

A kill in \`activate\` counts on its side of the switch as well. Runner and host cannot be killed before \`verify\`: the steps are
not detached yet, and the line is what lives there.

Times include starting again what was killed. ${machine()}
`;
}

function matrix(kills: readonly Kill[]): string {
  const between = kills.filter(({ hit }) => hit.length === 0);
  const line = (name: string, of: readonly Kill[]) => {
    const counts = VICTIMS.map((victim) => of.filter((kill) => kill.victim === victim).length || '–');
    return `| ${name} | ${counts.join(' | ')} | ${of.length} |`;
  };
  const places = [...STEPS, ...SIDES].map((place) =>
    line(
      place,
      kills.filter(({ hit }) => hit.includes(place)),
    ),
  );
  const head = `| place | ${VICTIMS.join(' | ')} | all |\n| --- |${' --- |'.repeat(VICTIMS.length + 1)}`;
  return [head, ...places, line('between two steps', between)].join('\n');
}

function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const [, , load = 0] = loadavg();
  return `Machine: ${cpus().length} shared cores (${cpus()[0]?.model ?? 'unknown'}), ${memory} GiB, Node ${process.version}, load ${load.toFixed(1)} over the last 15 minutes.`;
}

function median(kills: readonly Kill[]): number {
  return kills.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(kills.length / 2)] ?? 0;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
