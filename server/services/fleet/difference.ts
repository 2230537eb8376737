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
    const fields = fieldChanges(file, entity, known);
    return { action: fields.length > 0 ? 'change' : 'keep', declared: entity, existing: known, fields };
  });
  const problems = changes.flatMap(({ declared: entity, existing: known }): FleetProblem[] => {
    if (!known?.managedBy || known.managedBy === file) return [];
    const message = `${entity.kind} ${entity.name} is declared by ${known.managedBy}. Change it there, or remove it there first.`;
    return [{ path: entity.path, message }];
  });
  return { changes, problems };
}

function fieldChanges(file: string, declared: Declared, { row, parent, follows, managedBy }: Existing): FieldChange[] {
  const before: Record<string, unknown> = { ...pick(row, Object.keys(declared.values)), parent, follows, managedBy };
  const after: Record<string, unknown> = {
    ...declared.values,
    parent: declared.parent,
    follows: declared.follows,
    // Nobody's so far (a retired host): from now on it is this file's.
    managedBy: managedBy ?? file,
  };
  return Object.keys(after).flatMap((field) => {
    const [from, to] = [before[field] ?? null, after[field] ?? null];
    return isDeepStrictEqual(from, to) ? [] : [{ field: shownName(declared, field), from, to }];
  });
}

function pick(row: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field, row[field]]));
}

function shownName({ kind }: Declared, field: string): string {
  if (field === 'follows') return 'subscriptions';
  return field === 'parent' && kind === 'host' ? 'environment' : field;
}
