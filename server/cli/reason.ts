import { UsageError } from './exit.ts';

/** The option of every verb that takes something back: why, for the log. */
export const reasonOption = { value: 'text', text: 'why; stands in the log, required' } as const;

export function reasonIn(given: string | undefined, verb: string): string {
  if (given !== undefined && given.trim() !== '') return given;
  throw new UsageError(`${verb} needs --reason "…": it stands in the log.`);
}
