import { z } from 'zod';
import type { Channel } from '../../../server/domain/channel.ts';
import type { RecallRange } from '../../../server/domain/recall-range.ts';
import { DEFAULT_STRATEGY, isRecalled, rollOff, type Recall, type RollOff } from '../../../server/domain/recall.ts';
import { instant } from '../parse.ts';

const version = z.string();

const strategy = z.discriminatedUnion('type', [
  z.object({ type: z.literal('forward') }),
  z.object({ type: z.literal('downgrade'), floor: version }),
  z.object({ type: z.literal('freeze'), until: instant }),
]);

const range = z.union([
  z.object({ only: version }),
  z.object({ from: version, before: version }),
  z.object({ from: version }),
]) satisfies z.ZodType<RecallRange>;

const options = z.object({
  except: z.array(version).default([]),
  strategy: strategy.default(DEFAULT_STRATEGY),
  reverted: z.boolean().default(false),
});

const recallGiven = z
  .intersection(range, options)
  .transform(({ except, strategy, reverted, ...range }): Recall => ({ range, except, strategy, reverted }));

const given = z.object({
  now: instant,
  entries: z.array(z.object({ version, active: z.boolean().default(true), required: z.boolean().default(false) })),
  recalls: z.array(recallGiven).default([]),
  hosts: z.array(z.object({ name: z.string(), release: version })),
});

export function recall(input: unknown): unknown {
  const { now, entries, recalls, hosts } = given.parse(input);
  const channel: Channel = {
    versioning: 'semver',
    entries: entries.map(({ active, ...entry }, index) => ({ ...entry, sequence: index + 1, demoted: !active })),
  };
  return {
    recalled: entries.map((entry) => entry.version).filter((version) => isRecalled(recalls, version)),
    hosts: hosts.map(({ name, release }) => ({ host: name, ...answer(rollOff(channel, recalls, release, now)) })),
  };
}

function answer(move: RollOff): object {
  return move.action === 'stay' ? { action: move.action, reason: move.reason.code } : move;
}
