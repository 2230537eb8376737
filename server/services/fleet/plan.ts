import { verb } from '../verb.ts';
import { judgeFile, shown, type FleetInput } from './judge-file.ts';

/** What applying a fleet file would change; changes nothing. */
export const planFleet = verb('fleet.read', (ctx, _actor, input: FleetInput) =>
  ctx.db.transaction(async (tx) => shown(await judgeFile(tx, input), input, false), { accessMode: 'read only' }),
);
