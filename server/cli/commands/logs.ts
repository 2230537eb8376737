import { command, type Terminal } from '../command.ts';
import { UsageError } from '../exit.ts';
import { tasksOf } from '../follow-job.ts';
import { idNamed } from '../named.ts';

const LOOK_EVERY_MS = 500;

export const logs = command(
  {
    summary: 'Print the log of a task: its number, or <job>:<host>',
    args: ['task'],
    options: { follow: { short: 'f', text: 'go on until the task has ended' } },
  },
  async (terminal, { task }, { follow }) => {
    const id = await taskNamed(terminal, task);
    for (let from = 0; ;) {
      const chunk = await terminal.client.call('tasks.log', { id, from });
      if (chunk.text !== '') print(terminal, id, chunk);
      const caughtUp = chunk.to >= chunk.total;
      if (caughtUp && (chunk.ended || !follow)) return 'ok';
      if (caughtUp || chunk.to === from) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      from = chunk.to;
    }
  },
);

/** With `--json` one line per chunk, so that it can be followed too. */
function print(terminal: Terminal, task: number, chunk: { from: number; to: number; text: string }): void {
  if (terminal.json) terminal.print(JSON.stringify({ task, from: chunk.from, to: chunk.to, text: chunk.text }));
  else terminal.write(chunk.text);
}

async function taskNamed(terminal: Terminal, word: string): Promise<number> {
  const [job, host] = word.split(':', 2);
  if (host === undefined) return idNamed(word, 'the task');
  const tasks = await tasksOf(terminal, idNamed(job ?? '', 'the job'));
  const found = tasks.find((task) => task.hostName === host);
  if (found) return found.id;
  throw new UsageError(`Job ${job} has no host ${host}. signalbox job ${job} lists them.`);
}
