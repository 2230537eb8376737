import { listEnvironmentViews } from '../../../db/queries/lists.ts';
import { verb } from '../verb.ts';

/** All environments, by name. */
export const listEnvironments = verb('host.read', async (ctx) => ({ items: await listEnvironmentViews(ctx.db) }));
