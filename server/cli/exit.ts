import { ProblemError } from '../contracts/client.ts';

/** What the process says at its end. Part of the CLI's contract: scripts rely on the numbers. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done; a job that was waited for succeeded' },
  refused: { code: 1, meaning: 'refused by a rule, or the job did not succeed' },
  usage: { code: 2, meaning: 'the command line is not valid' },
  unreachable: { code: 3, meaning: 'the server cannot be reached or cannot work right now' },
  notPermitted: { code: 4, meaning: 'not signed in, or the token has not the role for this' },
} as const;

export type Exit = keyof typeof exitCodes;

/** A command line that cannot be understood; ends with `usage`. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const exitOfCode: Record<string, Exit> = {
  malformed: 'usage',
  unreachable: 'unreachable',
  not_understood: 'unreachable',
  unavailable: 'unreachable',
  not_signed_in: 'notPermitted',
  not_permitted: 'notPermitted',
  foreign_origin: 'notPermitted',
};

export function exitOf(error: unknown): Exit {
  if (error instanceof UsageError) return 'usage';
  if (error instanceof ProblemError) return exitOfCode[error.problem.code] ?? 'refused';
  return 'refused';
}
