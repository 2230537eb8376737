import { z } from 'zod';
import { HEALTH_STATES } from '../domain/observation.ts';
import { endpoint } from './endpoint.ts';

/** Health in: what hosts, or those who watch them, say of the products on them. */

const name = z.string().min(1).max(200);

export const healthObservation = z.object({
  host: name,
  product: name,
  /** What lies in the future counts as of its receipt. */
  at: z.number().int().min(0).max(8.64e15).describe('epoch milliseconds at which it was so'),
  live: z.boolean().default(true),
  state: z.enum(HEALTH_STATES).nullable().default(null).describe('null: live or not is all that is known'),
});

export const healthApi = {
  'health.report': endpoint({
    method: 'POST',
    path: '/health',
    summary: 'Report the health of hosts: repeated, late and out of order as it comes',
    input: z.object({ observations: z.array(healthObservation).min(1).max(1_000) }),
    output: z.object({
      accepted: z.number().int().describe('observations that said something new'),
      repeated: z.number().int().describe('observations of an instant that another one speaks of'),
      refused: z.array(
        z.object({
          index: z.number().int().describe('place in the request, from 0'),
          code: z.enum(['unknown_host', 'unknown_product', 'too_old']),
          sentence: z.string(),
        }),
      ),
    }),
  }),
};
