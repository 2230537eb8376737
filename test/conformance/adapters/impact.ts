import { z } from 'zod';
import { demotionImpact } from '../../../server/domain/impact.ts';
import { story, tell } from './story.ts';

const given = story.extend({ demote: z.string() });

export function impact(input: unknown): unknown {
  const { demote, ...told } = given.parse(input);
  const { channel, client } = tell(told);
  return { impact: demotionImpact(channel, client, demote) };
}
