import { z } from 'zod';

/** Every way a request can be refused or fail, with its HTTP status. One table for all transports. */
export const errorStatus = {
  malformed: 400,
  not_signed_in: 401,
  link_used: 401,
  wrong_credentials: 401,
  code_needed: 401,
  not_permitted: 403,
  foreign_origin: 403,
  not_found: 404,
  refused: 409,
  conflict: 409,
  already_exists: 409,
  stale: 409,
  idempotency_mismatch: 409,
  in_progress: 409,
  gone: 410,
  too_large: 413,
  invalid_fleet: 422,
  invalid_package: 422,
  too_many_attempts: 429,
  broken: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** RFC 9457 problem document. `code` is the machine's word, `detail` names action, cause and next step. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  /** The domain's own code where a rule refused, e.g. `not_downloaded`. */
  reason: z.string().optional(),
  detail: z.string(),
  /** With `broken`: the id under which the server's log tells what happened. */
  instance: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type ProblemDocument = z.infer<typeof problemSchema>;

/** Thrown by services when the world says no; carried to every surface as it is. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly reason: string | undefined;
  readonly errors: ProblemDocument['errors'];

  constructor(code: ErrorCode, message: string, more: { reason?: string; errors?: ProblemDocument['errors'] } = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.reason = more.reason;
    this.errors = more.errors;
  }
}
