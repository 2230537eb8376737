import { isDeepStrictEqual } from 'node:util';
import type { Declared, Existing } from './declared.ts';
import type { FleetProblem } from './read-file.ts';

export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}
export interface Change {
  action: 'create' | 'change' | 'keep';
  declared: Declared;
  existing: Existing | null;
  fields: FieldChange[];
}

/** What the file would create, change and keep; what it may not touch comes back as problems. */
export function difference(
  file: string,
  declared: readonly Declared[],
  existing: readonly Existing[],
): { changes: Change[]; problems: FleetProblem[] } {
  const byName = new Map(existing.map((entity) => [`${entity.kind} ${entity.name}`, entity]));
  const changes = declared.map((entity): Change => {
    const known = byName.get(`${entity.kind} ${entity.name}`) ?? null;
    if (!known) return { action: 'create', declared: entity, existing: null, fields: [] };
    const fields = fieldChanges(entity, known);
    return { action: fields.length > 0 ? 'change' : 'keep', declared: entity, existing: known, fields };
  });
  const problems = changes.flatMap(({ declared: entity, existing: known }): FleetProblem[] => {
    if (!known?.managedBy || known.managedBy === file) return [];
    const message = `${entity.kind} ${entity.name} is declared by ${known.managedBy}. Change it there, or remove it there first.`;
    return [{ path: entity.path, message }];
  });
  return { changes, problems };
}

function fieldChanges(declared: Declared, { row, parent, follows }: Existing): FieldChange[] {
  const before = { ...pick(row, Object.keys(declared.values)), parent, follows };
  const after: Record<string, unknown> = { ...declared.values, parent: declared.parent, follows: declared.follows };
  return Object.keys(after).flatMap((field) => {
    const [from, to] = [before[field as keyof typeof before], after[field]];
    return isDeepStrictEqual(from ?? null, to ?? null) ? [] : [{ field: shownName(declared, field), from, to }];
  });
}

function pick(row: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field, row[field]]));
}

function shownName({ kind }: Declared, field: string): string {
  if (field === 'follows') return 'subscriptions';
  return field === 'parent' && kind === 'host' ? 'environment' : field;
}
