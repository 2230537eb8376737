import { decideApproval } from '../../server/services/approval/decide.ts';
import { showApproval } from '../../server/services/approval/show.ts';
import { listProducts } from '../../server/services/product/list.ts';
import { errorsOf, type DialogKind, type InputOf } from './kind.ts';
import { pageOf, quoted, told } from './links.ts';
import { kept, reasonMissing } from './state.ts';
import { rejectDialog } from './views/verdict.ts';

/** A "no" to a request, with the reason. Rule: section 11. */
export const reject: DialogKind<InputOf<'reject'>> = {
  title: 'Reject',
  admit: decideApproval.admit,

  read: (input, fields) => ({ ...input, reason: kept(fields.text('reason'), input.reason) }),

  async draw({ bot, caller }, { id: draftId, input }, notice) {
    const { approval, plan } = await showApproval.run(bot.ctx, caller.actor, { id: input.approvalId });
    const { items } = await listProducts.run(bot.ctx, caller.actor, undefined);
    const product = items.find(({ id }) => id === approval.productId)?.name ?? '';
    const url = pageOf(bot, `/approvals/${approval.id}`);
    const { reason } = input;
    return {
      dialog: rejectDialog({ draftId, approval, product, hosts: plan.hosts.length, url, reason, notice }),
    };
  },

  async submit({ bot, caller }, { input: { approvalId: id, reason } }) {
    return (
      errorsOf({ reason: reasonMissing(reason) }) ?? {
        kind: 'go',
        run: async () => {
          const { approval, answer } = await decideApproval.run(bot.ctx, caller.actor, {
            id,
            verdict: 'reject',
            reason,
          });
          const link = `*<${pageOf(bot, `/approvals/${id}`)}|Approval ${id}>*`;
          return told(`${link}, now ${approval.state}: ${quoted(answer.sentence)}`);
        },
      }
    );
  },
};
