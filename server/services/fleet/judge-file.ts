import { fleetRows } from '../../../db/queries/fleet.ts';
import type { Transaction } from '../context.ts';
import { declaredEntities, existingEntities, type Existing } from './declared.ts';
import { difference, type Change } from './difference.ts';
import { undeclared } from './prune.ts';
import { readFleetFile } from './read-file.ts';
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
  undeclared: Existing[];
  lineOf: ReturnType<typeof readFleetFile>['lineOf'];
}

/** Reads the file against the database; throws one refusal that lists all that is wrong, with lines. */
export async function judgeFile(tx: Transaction, input: FleetInput): Promise<Judged> {
  const { declared, lineOf, refuse } = readFleetFile(input.file, input.text);
  const rows = await fleetRows(tx);
  const existing = existingEntities(rows);
  const channels = Map.groupBy(
    existing.filter(({ kind }) => kind === 'channel'),
    ({ parent }) => parent ?? '',
  );
  refuse(
    referenceProblems(declared, {
      channels: new Map([...channels].map(([product, own]) => [product, own.map(({ row }) => String(row['name']))])),
      environments: new Set(rows.environments.map(({ name }) => name)),
    }),
  );
  const entities = declaredEntities(declared);
  const { changes, problems } = difference(input.file, entities, existing);
  const gone = undeclared(input.file, entities, existing);
  refuse(problems);
  return { changes, undeclared: gone, lineOf };
}

/** The difference as every surface shows it. */
export function shown({ changes, undeclared: gone, lineOf }: Judged, { prune }: FleetInput, applied: boolean) {
  return {
    changes: [
      ...changes.map(({ action, declared: { kind, name, path }, fields }) => ({
        action,
        kind,
        name,
        line: lineOf(path),
        fields,
      })),
      ...(prune ? gone : []).map(({ kind, name }) => ({
        action: 'remove' as const,
        kind,
        name,
        line: null,
        fields: [],
      })),
    ],
    unmanaged: (prune ? [] : gone).map(({ kind, name }) => ({ kind, name })),
    applied,
  };
}
