import { listRuleViews } from '../../../db/queries/lists.ts';
import { verb } from '../verb.ts';

/** All approval rules, by name. Rule: section 11. */
export const listApprovalRules = verb('approval.read', async (ctx) => ({ items: await listRuleViews(ctx.db) }));
