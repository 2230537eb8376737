import { verb } from '../verb.ts';
import { judgeFile, shown, type FleetInput } from './judge-file.ts';
import { readFleetFile } from './read-file.ts';

/** What applying a fleet file would change, or why it would be refused; changes nothing. */
export const planFleet = verb('fleet.read', async (ctx, _actor, { file, text, prune }: FleetInput) => {
  const read = readFleetFile(file, text);
  return ctx.db.transaction(
    async (tx) => shown(await judgeFile(tx, read, { prune, hold: false }), read, prune, false),
    { accessMode: 'read only', isolationLevel: 'repeatable read' },
  );
});
