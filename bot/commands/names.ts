import { Refusal } from '../../server/contracts/errors.ts';
import { suggest } from '../../server/domain/suggest.ts';
import { listed } from '../../server/domain/wording.ts';

/** Below that nobody looks for a name by reading them all. */
const SHOWN = 5;

/** `There is no host pres-1. Did you mean press-1?` Whatever its case, a name that is unique is taken. Not escaped. */
export function named<T extends { readonly name: string }>(what: string, name: string, known: readonly T[]): T {
  const exact = known.find((each) => each.name === name);
  if (exact) return exact;
  const alike = known.filter((each) => each.name.toLowerCase() === name.toLowerCase());
  if (alike.length === 1 && alike[0]) return alike[0];
  throw new Refusal('not_found', `There is no ${what} ${name}. ${hint(name, known)}`);
}

export function hint(name: string, known: readonly { readonly name: string }[]): string {
  const names = known.map((each) => each.name);
  const near = suggest(name, names);
  const begun = names.filter((each) => each.toLowerCase().startsWith(name.toLowerCase()));
  const meant = near ?? (begun.length === 1 ? begun[0] : undefined);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  return names.length === 0 ? 'There is none yet.' : `There is ${some(begun.length > 0 ? begun : names)}.`;
}

/** The first few, and how many more. */
export function some(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? listed([...names.slice(0, SHOWN), `${more} more`]) : listed(names);
}
