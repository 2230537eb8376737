import { visible } from '../cards/escape.ts';
import type { DialogState } from '../entries.ts';
import { FIELDS, REASON_MAX, type Field } from './views/parts.ts';

/** What the fields of a dialog hold. A field that the dialog does not show is undefined: what was picked before counts. */
export interface Entered {
  /** Null: emptied. */
  text(field: Field): string | null | undefined;
  many(field: Field): readonly string[] | undefined;
  on(field: Field): boolean | undefined;
  ids(field: Field): number[] | undefined;
}

export function entered(state: DialogState): Entered {
  const values = new Map<string, string | readonly string[] | null>();
  for (const [key, value] of Object.entries(state)) {
    const field = key.slice(key.lastIndexOf('.') + 1);
    if ((FIELDS as readonly string[]).includes(field)) values.set(field, value);
  }
  const many = (field: Field): readonly string[] | undefined => {
    const value = values.get(field);
    return value === null ? [] : typeof value === 'string' ? [value] : value;
  };
  return {
    many,
    text(field) {
      const value = values.get(field);
      if (value === undefined || value === null) return value;
      const written = visible(typeof value === 'string' ? value : (value[0] ?? '')).trim();
      return written === '' ? null : written;
    },
    on: (field) => {
      const value = many(field);
      return value && value.includes('on');
    },
    ids: (field) => many(field)?.flatMap((value) => idOf(value) ?? []),
  };
}

/** Null for anything that is no id of ours. */
export function idOf(value: string): number | null {
  const id = /^[1-9]\d{0,9}$/.test(value) ? Number(value) : 0;
  return id > 0 && id <= 2_147_483_647 ? id : null;
}

/** What stands in the field now, else what stood there before; undefined once it is emptied. */
export function kept(now: string | null | undefined, before: string | undefined): string | undefined {
  return now === undefined ? before : (now ?? undefined);
}

/** Why a text that has to be given cannot be taken; null: it can. */
export function missing(text: string | undefined, sentence: string, max = REASON_MAX): string | null {
  if (text === undefined || text.trim() === '') return sentence;
  return text.length > max ? `At most ${max} characters.` : null;
}

/** As `missing`, of a reason. */
export function reasonMissing(reason: string | undefined): string | null {
  return missing(reason, 'State why: everybody who looks at this reads it.');
}
