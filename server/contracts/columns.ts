/**
 * Rows as columns, for what is sent whole to many: ten thousand hosts say a thing once per column instead of once per host,
 * and what compresses it afterwards finds like beside like. Any JSON values come back as they were, the order of keys aside.
 */
type Json = unknown;
type Fields = Record<string, Json>;

/** How many values a column has is known to whoever unpacks it. */
export type Column =
  | { all: Json }
  | { each: Json[] }
  /** Each number less the one before it, the first less 0. */
  | { plus: number[] }
  /** The distinct values in order of appearance, and which of them each is. */
  | { of: Json[]; at: Column }
  /** How many first letters each text shares with the one before it, as the letter that is that far from `0`; then its rest. */
  | { rest: string[] }
  /** 0 there, 1 null, 2 absent; and those that are there. */
  | { gaps: Column; count: number; there: Column }
  | { lengths: Column; count: number; items: Column }
  | { fields: Record<string, Column> };

/** A shelf of a board: views by the number that they are found under. */
export interface PackedShelf {
  count: number;
  ids: Column;
  views: Column;
}

/** `0` to `Z`: no letter among them that JSON would have to escape. */
const sharedMost = 42;

export function packShelf(shelf: Record<number, object>): PackedShelf {
  const ids = Object.keys(shelf).map(Number);
  return { count: ids.length, ids: pack(ids), views: pack(Object.values(shelf)) };
}

export function unpackShelf<View>({ count, ids, views }: PackedShelf): Record<number, View> {
  const all = unpack(views, count) as View[];
  const shelf: Record<number, View> = {};
  (unpack(ids, count) as number[]).forEach((id, at) => (shelf[id] = all[at] as View));
  return shelf;
}

function pack(values: readonly Json[]): Column {
  const [first] = values;
  const kind = kindOf(first);
  if (values.length === 0) return { each: [] };
  if (values.some((value) => value === null || value === undefined)) return packGaps(values);
  if (values.some((value) => kindOf(value) !== kind)) return { each: [...values] };
  if (kind === 'list') return packLists(values as Json[][]);
  if (kind === 'fields') return packFields(values as Fields[]);
  if (values.every((value) => value === first)) return { all: first };
  if (kind === 'text') return packTexts(values as string[]);
  return kind === 'number' ? packNumbers(values as number[]) : { each: [...values] };
}

function kindOf(value: Json): 'number' | 'text' | 'list' | 'fields' | 'other' {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'object') return Array.isArray(value) ? 'list' : 'fields';
  return Number.isSafeInteger(value) ? 'number' : 'other';
}

function packGaps(values: readonly Json[]): Column {
  const there = values.filter((value) => value !== null && value !== undefined);
  if (there.length === 0 && values.every((value) => value === null)) return { all: null };
  const gaps = values.map((value) => (value === null ? 1 : value === undefined ? 2 : 0));
  return { gaps: pack(gaps), count: there.length, there: pack(there) };
}

/** As they are or as differences, whichever are smaller. */
function packNumbers(values: number[]): Column {
  const plus = values.map((value, at) => (at === 0 ? value : value - (values[at - 1] as number)));
  return plus.every(Number.isSafeInteger) && size(plus) < size(values) ? { plus } : { each: values };
}

function size(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + Math.abs(value), 0);
}

function packTexts(values: readonly string[]): Column {
  const places = new Map<string, number>();
  const at = values.map((value) => {
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    return place;
  });
  if (places.size <= values.length / 4) return { of: [...places.keys()], at: pack(at) };
  return { rest: values.map((value, nth) => restOf(value, values[nth - 1] ?? '')) };
}

function restOf(value: string, before: string): string {
  let shared = 0;
  while (shared < sharedMost && shared < before.length && value[shared] === before[shared]) shared += 1;
  return String.fromCharCode(48 + shared) + value.slice(shared);
}

function packLists(values: readonly Json[][]): Column {
  const items = values.flat();
  return { lengths: pack(values.map(({ length }) => length)), count: items.length, items: pack(items) };
}

function packFields(values: readonly Fields[]): Column {
  const names = new Set<string>();
  for (const value of values) for (const name in value) names.add(name);
  const fields = [...names].map((name) => [name, pack(values.map(name in {} ? own(name) : (value) => value[name]))]);
  return { fields: Object.fromEntries(fields) as Record<string, Column> };
}

/** A label may be called `constructor`, which every object has. */
function own(name: string): (value: Fields) => Json {
  return (value) => (Object.hasOwn(value, name) ? value[name] : undefined);
}

function unpack(column: Column, count: number): Json[] {
  if ('all' in column) return Array<Json>(count).fill(column.all);
  if ('each' in column) return column.each;
  if ('plus' in column) return unpackNumbers(column.plus);
  if ('of' in column) return unpack(column.at, count).map((at) => column.of[at as number]);
  if ('rest' in column) return unpackTexts(column.rest);
  if ('gaps' in column) return unpackGaps(column, count);
  if ('lengths' in column) return unpackLists(column, count);
  return unpackFields(column.fields, count);
}

function unpackNumbers(plus: readonly number[]): number[] {
  let sum = 0;
  return plus.map((more) => (sum += more));
}

function unpackTexts(rest: readonly string[]): string[] {
  let last = '';
  return rest.map((text) => (last = last.slice(0, text.charCodeAt(0) - 48) + text.slice(1)));
}

function unpackGaps(column: Extract<Column, { gaps: Column }>, count: number): Json[] {
  const there = unpack(column.there, column.count);
  let next = 0;
  return unpack(column.gaps, count).map((gap) => (gap === 0 ? there[next++] : gap === 1 ? null : undefined));
}

function unpackLists(column: Extract<Column, { lengths: Column }>, count: number): Json[][] {
  const items = unpack(column.items, column.count);
  let from = 0;
  return unpack(column.lengths, count).map((length) => items.slice(from, (from += length as number)));
}

/** What a view does not have stays absent. Assigned, a label `__proto__` would be no label. */
function unpackFields(fields: Record<string, Column>, count: number): Fields[] {
  const views = Array.from({ length: count }, (): Fields => ({}));
  for (const [name, column] of Object.entries(fields)) {
    const put = name === '__proto__' ? defined : assigned;
    unpack(column, count).forEach((value, at) => value !== undefined && put(views[at] as Fields, name, value));
  }
  return views;
}

function assigned(view: Fields, name: string, value: Json): void {
  view[name] = value;
}

function defined(view: Fields, name: string, value: Json): void {
  Object.defineProperty(view, name, { value, enumerable: true, configurable: true, writable: true });
}
