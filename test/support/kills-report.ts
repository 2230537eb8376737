/** What many kills showed, as docs/reliability.md keeps it. */
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
  const hits = (place: string) => kills.filter(({ hit }) => (hit as readonly string[]).includes(place)).length;
  const rows = VICTIMS.map((victim) => {
    const own = kills.filter((kill) => kill.victim === victim);
    const lost = own.filter(({ outcome }) => outcome['failed']).length;
    return `| ${victim} | ${MEANING[victim]} | ${own.length} | ${lost} | ${seconds(median(own))} | ${seconds(Math.max(...own.map(({ ms }) => ms)))} |`;
  });
  return `# Reliability

Made by \`${command}\`: ${kills.length} kills, seed ${seed}, in the middle of installs of a 4 MB package with three hooks on
three hosts, by parts of their own processes. After each kill: the job ended; each hook ran at most once per attempt; the log
in the database was byte for byte that of the host, and that of a host that succeeded was byte for byte what its hooks wrote;
tasks succeeded, or were \`lost\` where hook or runner themselves were killed on the host. After all of them an
undisturbed install succeeded everywhere: no host was locked.

| killed | how | kills | of them with a \`lost\` hook | median time to the job's end | longest |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Where the kills hit, as the host's own journal said at that moment (the rest stood between two steps):

| place | kills |
| --- | --- |
${[...STEPS, ...SIDES].map((place) => `| ${place} | ${hits(place)} |`).join('\n')}

Times were taken on two shared cores; they include starting what was killed.
`;
}

function median(kills: readonly Kill[]): number {
  return kills.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(kills.length / 2)] ?? 0;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
