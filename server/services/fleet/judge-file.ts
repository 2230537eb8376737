import { channelNames, fleetRows } from '../../../db/queries/fleet.ts';
import type { Transaction } from '../context.ts';
import { declaredEntities, existingEntities, type Existing } from './declared.ts';
import { difference, type Change } from './difference.ts';
import { changeObstacles, readStanding, removalObstacles } from './obstacles.ts';
import { undeclared } from './prune.ts';
import type { ReadFleet } from './read-file.ts';
import { referenceProblems } from './references.ts';

export interface FleetInput {
  /** Name of the file: it owns what it creates. */
  file: string;
  text: string;
  /** Remove what this file created and declares no more. */
  prune: boolean;
}

export interface Judged {
  changes: Change[];
  existing: readonly Existing[];
  /** What the file created and declares no more: it goes only when pruned. */
  undeclared: Existing[];
  /** Of those, the hosts that are retired instead. */
  past: ReadonlySet<number>;
}

/**
 * Judges a file against the database; throws one refusal that lists all that is wrong, with lines. `hold`: for the
 * apply itself, which holds the rows that it judges.
 */
export async function judgeFile(
  tx: Transaction,
  { file, declared, refuse }: ReadFleet,
  { prune, hold }: { prune: boolean; hold: boolean },
): Promise<Judged> {
  const rows = await fleetRows(tx);
  const existing = existingEntities(rows);
  refuse(
    referenceProblems(declared, {
      channels: await channelNames(tx),
      environments: new Set(rows.environments.map(({ name }) => name)),
    }),
  );
  const entities = declaredEntities(declared);
  const { changes, problems } = difference(file, entities, existing);
  refuse(problems);
  const leftOut = undeclared(file, entities, existing);
  const gone = prune ? leftOut : [];
  const standing = await readStanding(tx, changes, gone, hold);
  refuse([...changeObstacles(changes, standing), ...removalObstacles(gone, changes, existing, standing)], 'in_use');
  return { changes, existing, undeclared: leftOut, past: standing.past };
}

/** The difference as every surface shows it. */
export function shown(
  { changes, undeclared: left, past }: Judged,
  { lineOf }: ReadFleet,
  prune: boolean,
  applied: boolean,
) {
  return {
    changes: [
      ...changes.map(({ action, declared: { kind, name, path }, fields }) => ({
        action,
        kind,
        name,
        line: lineOf(path),
        fields,
      })),
      ...(prune ? left : []).map(({ kind, name, id, row }) => {
        const retired = kind === 'host' && past.has(id);
        const fields = retired ? [{ field: 'life', from: row['life'], to: 'retired' }] : [];
        return { action: retired ? ('change' as const) : ('remove' as const), kind, name, line: null, fields };
      }),
    ],
    unmanaged: (prune ? [] : left).map(({ kind, name }) => ({ kind, name })),
    applied,
  };
}
