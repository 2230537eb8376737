import { z } from 'zod';
import { ppmOfPercent, type Quantity } from '../../server/domain/quantity.ts';

/** `{count}` or `{percent}` as the cases write it. */
export const quantity = z.union([
  z.object({ count: z.number() }),
  z.object({ percent: z.number() }).transform(({ percent }): Quantity => ({ ppm: ppmOfPercent(percent) })),
]);
