import { z } from 'zod';

/** What a channel, an environment, a host and a rule may be called. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'must be 1 to 63 letters, digits, dots, dashes or underscores',
  );

export const labelMatch = z.strictObject({
  key: z.string().min(1, 'needs a label key').max(63),
  /** One of these; none named: the key alone will do. */
  values: z.array(z.string().max(200)).min(1).optional(),
});
