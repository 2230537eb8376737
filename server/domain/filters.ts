/** What a filter looks at: one environment in which the product is installed. */
export interface FilterCandidate {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type EntityFilter =
  | { readonly type: 'with_label'; readonly key: string; readonly values?: readonly string[] | undefined }
  | { readonly type: 'without_label'; readonly key: string; readonly values?: readonly string[] | undefined }
  | { readonly type: 'choose'; readonly environments: readonly string[] }
  | { readonly type: 'exclude'; readonly environments: readonly string[] };

/** The candidates that every filter lets through, in the order given; without filters all of them. Rule: section 6. */
export function selectEntities<Candidate extends FilterCandidate>(
  candidates: readonly Candidate[],
  filters: readonly EntityFilter[],
): Candidate[] {
  return candidates.filter((candidate) => filters.every((filter) => passesFilter(candidate, filter)));
}

/** Rule: section 6. */
export function passesFilter(candidate: FilterCandidate, filter: EntityFilter): boolean {
  switch (filter.type) {
    case 'with_label':
      return hasLabel(candidate.labels, filter.key, filter.values);
    case 'without_label':
      return !hasLabel(candidate.labels, filter.key, filter.values);
    case 'choose':
      return filter.environments.includes(candidate.name);
    case 'exclude':
      return !filter.environments.includes(candidate.name);
  }
}

/** The key is there and, where values are named, its value is one of them; `values: []` names none. Rule: sections 6 and 7. */
export function hasLabel(
  labels: Readonly<Record<string, string>>,
  key: string,
  values: readonly string[] = [],
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (value === undefined) return false;
  return values.length === 0 || values.includes(value);
}
