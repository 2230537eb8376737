import { labelTexts } from './label-texts.ts';

/** What the filter above a list of hosts looks at. */
export interface HostCandidate {
  readonly name: string;
  readonly environment: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Version it runs now; empty: none known. */
  readonly version: string;
}

type Term =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'label'; readonly key: string; readonly value: string };

export interface HostFilter {
  readonly terms: readonly { readonly term: Term; readonly not: boolean }[];
}

/**
 * Words separated by spaces, all of which must hold: `web eu` is text in name, environment, label or version; `rack=4`
 * is a label with that value; `-` before a word turns it round.
 */
export function parseHostFilter(text: string): HostFilter {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return { terms: words.map(parseWord).filter(({ term }) => term.kind === 'label' || term.text !== '') };
}

function parseWord(word: string): { term: Term; not: boolean } {
  const not = word.startsWith('-');
  const rest = not ? word.slice(1) : word;
  const equals = rest.indexOf('=');
  if (equals <= 0) return { term: { kind: 'text', text: rest }, not };
  return { term: { kind: 'label', key: rest.slice(0, equals), value: rest.slice(equals + 1) }, not };
}

export function matchesHost(filter: HostFilter, host: HostCandidate): boolean {
  return filter.terms.every(({ term, not }) => holds(term, host) !== not);
}

function holds(term: Term, host: HostCandidate): boolean {
  const labels = Object.entries(host.labels);
  if (term.kind === 'label') {
    return labels.some(([key, value]) => key.toLowerCase() === term.key && value.toLowerCase() === term.value);
  }
  const texts = [host.name, host.environment, host.version, ...labelTexts(host.labels)];
  return texts.some((text) => text.toLowerCase().includes(term.text));
}
