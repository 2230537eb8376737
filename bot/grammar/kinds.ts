import { parseDuration } from '../../server/contracts/plan-text.ts';
import { asWord, type Word } from './words.ts';

/** One release of a product. Product null: there is only one, or it follows from where it is said. */
export interface ReleaseName {
  readonly product: string | null;
  readonly version: string;
}

/** From now on for so many milliseconds, or to an instant (epoch milliseconds). */
export type Until = { readonly ms: number } | { readonly at: number };

export const JOB_CHOICES = ['active', 'failed', 'succeeded'] as const;

interface Values {
  /** Of a product, channel, environment, host or command. */
  name: string;
  names: readonly string[];
  labels: Readonly<Record<string, string>>;
  id: number;
  release: ReleaseName;
  jobs: (typeof JOB_CHOICES)[number];
  until: Until;
  word: string;
  /** Separated by commas; read by whoever gets it. */
  list: string;
}
export type Kind = keyof Values;
export type ValueOf<K extends Kind> = Values[K];

/** How many words it took, and what they say; null: they say nothing of this kind. */
export type Taken<T> = { readonly value: T; readonly words: number } | null;

interface KindSpec<T> {
  /** `words` has at least one. */
  take(words: readonly Word[]): Taken<T>;
  print(value: T): string;
  /** What it looks like, for who wrote something else: `<word> is <hint>`. */
  readonly hint: string;
}

const LONGEST_NAME = 200;
const LONGEST_DURATION_MS = 366 * 86_400_000;

export const KINDS: { readonly [K in Kind]: KindSpec<Values[K]> } = {
  name: { take: one(nameIn), print: asWord, hint: 'no name' },
  names: {
    take: several((items) => (items.every((item) => nameIn(item) !== null) ? [...new Set(items)] : null)),
    print: (names) => asWord(names.join(',')),
    hint: 'no list of names: write press-1,press-2',
  },
  labels: { take: several(labelsIn), print: labelsText, hint: 'no label: write rack=a1, several with a comma' },
  // In quotes a number is text: `cancel "42"` gives a reason.
  id: { take: (words) => (words[0]?.quoted ? null : one(idIn)(words)), print: String, hint: 'no number' },
  release: { take: takeRelease, print: releaseText, hint: 'no version' },
  jobs: {
    take: one((text) => JOB_CHOICES.find((choice) => choice === text.toLowerCase()) ?? null),
    print: String,
    hint: `none of ${JOB_CHOICES.join(', ')}`,
  },
  until: {
    take: one(untilIn),
    print: untilText,
    hint: 'no time: write how long (30min, 2h, 3d), or an instant with its zone (2026-11-22T18:00Z)',
  },
  word: { take: one((text) => (text === '' ? null : text)), print: asWord, hint: 'nothing' },
  list: {
    take: several((items) => (items.length > 0 ? items.join(',') : null)),
    print: asWord,
    hint: 'no list',
  },
};

function one<T>(read: (text: string) => T | null): KindSpec<T>['take'] {
  return ([word]) => {
    const value = word === undefined ? null : read(word.value);
    return value === null ? null : { value, words: 1 };
  };
}

/** Items that commas or `and` hold together, with spaces beside the commas or without. */
function several<T>(read: (items: readonly string[]) => T | null): KindSpec<T>['take'] {
  return (words) => {
    const texts: string[] = [words[0]?.value ?? ''];
    let at = 1;
    for (let word = words[at]; word !== undefined && !word.quoted; word = words[at]) {
      const linked = texts.at(-1)?.endsWith(',') === true || word.value.startsWith(',');
      const next = words[at + 1];
      if (linked) texts.push(word.value);
      else if (word.value.toLowerCase() === 'and' && next !== undefined) texts.push(next.value);
      else break;
      at += linked ? 1 : 2;
    }
    const items = texts.flatMap((text) => text.split(',')).flatMap((item) => item.trim() || []);
    const value = items.length === 0 ? null : read(items);
    return value === null ? null : { value, words: at };
  };
}

/** Slack writes its own channels as `#name`. */
function nameIn(text: string): string | null {
  const name = text.trim().replace(/^#/u, '').trim();
  return name === '' || name.length > LONGEST_NAME || name.includes(',') ? null : name;
}

function idIn(text: string): number | null {
  const id = Number(/^#?([1-9]\d{0,9})$/u.exec(text)?.[1] ?? NaN);
  // What no column can hold is no id.
  return id <= 2_147_483_647 ? id : null;
}

const LABEL = /^[0-9A-Za-z][0-9A-Za-z._+-]{0,199}$/u;
const LOOKS_LIKE_VERSION = /^v?\d+(?:[._+-]|$)/iu;

/** `4.2.1`, `orders 4.2.1`, `orders@4.2.1`. What looks like a version is one, so a reason may follow it. */
function takeRelease([first, second]: readonly Word[]): Taken<ReleaseName> {
  if (first === undefined || first.quoted) return null;
  const [product = '', version, ...more] = first.value.split('@');
  if (version !== undefined) {
    const named = more.length === 0 && LABEL.test(product) && LABEL.test(version);
    return named ? { value: { product, version }, words: 1 } : null;
  }
  if (!LABEL.test(product)) return null;
  const two = !LOOKS_LIKE_VERSION.test(product) && second !== undefined && !second.quoted && LABEL.test(second.value);
  return two
    ? { value: { product, version: second.value }, words: 2 }
    : { value: { product: null, version: product }, words: 1 };
}

export function releaseText({ product, version }: ReleaseName): string {
  if (product === null) return version;
  return LOOKS_LIKE_VERSION.test(product) ? `${product}@${version}` : `${product} ${version}`;
}

function labelsIn(items: readonly string[]): Readonly<Record<string, string>> | null {
  const pairs = items.map((item) => {
    const sign = item.indexOf('=');
    return [item.slice(0, Math.max(0, sign)).trim(), item.slice(sign + 1).trim()] as const;
  });
  const keys = new Set(pairs.map(([key]) => key));
  if (keys.size < pairs.length || pairs.some(([key, value]) => key === '' || value === '')) return null;
  return Object.fromEntries(pairs);
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return asWord(
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  );
}

function untilIn(text: string): Until | null {
  const ms = parseDuration(text, LONGEST_DURATION_MS);
  if (ms !== null) return ms > 0 ? { ms } : null;
  try {
    return { at: Temporal.Instant.from(text.toUpperCase()).epochMilliseconds };
  } catch {
    return null;
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

function untilText(until: Until): string {
  if ('at' in until) return Temporal.Instant.fromEpochMilliseconds(until.at).toString();
  let rest = until.ms;
  return UNITS.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  }).join('');
}
