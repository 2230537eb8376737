/**
 * Terminology
 *   reason    why something is refused, waits or was chosen: a code for machines, a sentence for people, the numbers behind both
 *   refusal   a reason that says no
 *   decision  what a rule answers: yes (perhaps with warnings) or no with the first refusal that applies
 */

/** What may stand beside code and sentence: plain JSON, so that a reason travels to every surface as it is. */
export type Fact = string | number | boolean | null | readonly string[];

/**
 * One reason. `until`: epoch milliseconds at which time alone can end it; absent when the clock cannot.
 * Rule: section 7 ("each a code, a sentence and the numbers").
 */
export interface Reason<Code extends string = string> {
  readonly code: Code;
  readonly sentence: string;
  readonly until?: number | undefined;
  readonly [fact: string]: Fact | undefined;
}

export type Decision<Code extends string, Warning extends string = never> =
  | { readonly allowed: true; readonly warnings: readonly Reason<Warning>[] }
  | { readonly allowed: false; readonly refusal: Reason<Code> };

export type Refused<Code extends string> = Extract<Decision<Code>, { allowed: false }>;

export function allowed<Warning extends string = never>(
  ...warnings: readonly Reason<Warning>[]
): { readonly allowed: true; readonly warnings: readonly Reason<Warning>[] } {
  return { allowed: true, warnings };
}

export function refused<Code extends string>(
  code: Code,
  sentence: string,
  facts: Readonly<Record<string, Fact | undefined>> & { readonly until?: number | undefined } = {},
): Refused<Code> {
  return { allowed: false, refusal: { ...facts, code, sentence } };
}
