import { readFile } from 'node:fs/promises';
import type { OutputOf } from '../../contracts/endpoint.ts';
import type { Api } from '../../contracts/api.ts';
import { counted } from '../../domain/wording.ts';
import { command } from '../command.ts';
import { UsageError } from '../exit.ts';

type FleetPlan = OutputOf<Api['fleet.plan']>;

export const apply = command(
  {
    summary: 'Make the fleet what a file says: shows the difference, asks, applies',
    args: [],
    options: {
      file: { value: 'fleet.yaml', short: 'f', text: 'the fleet file' },
      prune: { text: 'remove what the file made once and declares no more' },
      'dry-run': { text: 'show the difference and do nothing' },
      yes: { short: 'y', text: 'do not ask' },
    },
  },
  async (terminal, _args, { file, prune = false, 'dry-run': dryRun, yes }) => {
    if (file === undefined) throw new UsageError('apply needs a file: signalbox apply -f fleet.yaml');
    const input = { file, text: await textOf(file), prune };
    const plan = await terminal.client.call('fleet.plan', input);
    const changes = plan.changes.filter(({ action }) => action !== 'keep');
    if (dryRun || changes.length === 0) {
      terminal.show(plan, () => planLines(plan));
      return 'ok';
    }
    if (!yes) {
      for (const line of planLines(plan)) terminal.note(line);
      const agreed = await terminal.confirm(`Apply ${counted(changes.length, 'change')}?`);
      if (agreed === null)
        throw new UsageError('Nobody is there to confirm. Add --yes to apply, or --dry-run to look.');
      if (!agreed) return 'refused';
    }
    const applied = await terminal.client.call('fleet.apply', input);
    terminal.show(applied, () => (yes ? planLines(applied) : [`applied ${counted(changes.length, 'change')}`]));
    return 'ok';
  },
);

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

const MARKS = { create: '+', change: '~', remove: '-', keep: ' ' } as const;

function planLines({ changes, unmanaged }: FleetPlan): string[] {
  const lines = changes
    .filter(({ action }) => action !== 'keep')
    .flatMap(({ action, kind, name, fields }) => [
      `${MARKS[action]} ${kind} ${name}`,
      ...(action === 'change'
        ? fields.map(({ field, from, to }) => `    ${field}: ${plain(from)} → ${plain(to)}`)
        : []),
    ]);
  const kept = unmanaged.map(({ kind, name }) => `! ${kind} ${name} is declared no more; --prune would remove it`);
  return [...(lines.length > 0 ? lines : ['nothing to change']), ...kept];
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
