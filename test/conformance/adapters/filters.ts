import { z } from 'zod';
import { selectEntities } from '../../../server/domain/filters.ts';
import { labels } from '../parse.ts';

const values = z.array(z.string()).optional();
const environments = z.array(z.string());

const given = z.object({
  environments: z.array(z.object({ name: z.string(), labels: labels.default({}) })),
  filters: z
    .array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('with_label'), key: z.string(), values }),
        z.object({ type: z.literal('without_label'), key: z.string(), values }),
        z.object({ type: z.literal('choose'), environments }),
        z.object({ type: z.literal('exclude'), environments }),
      ]),
    )
    .default([]),
});

export function filters(input: unknown): unknown {
  const { environments: candidates, filters: selected } = given.parse(input);
  return { selected: selectEntities(candidates, selected).map(({ name }) => name) };
}
