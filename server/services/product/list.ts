import { listProductViews } from '../../../db/queries/lists.ts';
import { verb } from '../verb.ts';

/** All products, by name. */
export const listProducts = verb('release.read', async (ctx) => ({ items: await listProductViews(ctx.db) }));
