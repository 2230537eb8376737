import { decideApproval } from '../../server/services/approval/decide.ts';
import { approvalFacts } from '../../server/services/slack/approval-facts.ts';
import { Refusal } from '../../server/contracts/errors.ts';
import type { Bot } from '../caller.ts';
import { errorsOf, type DialogKind, type InputOf } from './kind.ts';
import { pageOf, quoted, told } from './links.ts';
import { kept, reasonMissing } from './state.ts';
import { rejectDialog } from './views/verdict.ts';

/** A "no" to a request, with the reason. Rule: section 11. */
export const reject: DialogKind<InputOf<'reject'>> = {
  title: 'Reject',
  admit: decideApproval.admit,

  read: (input, fields) => ({ ...input, reason: kept(fields.text('reason'), input.reason) }),

  async draw({ bot }, { id: draftId, input }, notice) {
    const { approval, product, plan, url } = await factsOf(bot, input.approvalId);
    const { reason } = input;
    return { dialog: rejectDialog({ draftId, approval, product, hosts: plan.hosts, url, reason, notice }) };
  },

  async submit({ bot, caller }, { input: { approvalId: id, reason } }) {
    await factsOf(bot, id);
    return (
      errorsOf({ reason: reasonMissing(reason) }) ?? {
        kind: 'go',
        run: async () => {
          const { approval, answer } = await decideApproval.run(bot.ctx, caller.actor, {
            id,
            verdict: 'reject',
            reason,
            via: 'slack',
          });
          const link = `*<${pageOf(bot, `/approvals/${id}`)}|Approval ${id}>*`;
          return told(`${link}, now ${approval.state}: ${quoted(answer.sentence)}`);
        },
      }
    );
  },
};

/** Throws where the decision is the console's alone, or there is no such request. */
async function factsOf(bot: Bot, id: number) {
  const facts = await approvalFacts(bot.ctx, id);
  if (!facts) throw new Refusal('not_found', `There is no approval ${id}. Look at those that wait: approvals.`);
  if (facts.approveVia === 'slack') return facts;
  const sentence = `Approval ${id} is decided in the console, since one of its environments asks for that: ${facts.url}`;
  throw new Refusal('refused', sentence, { reason: 'web_only' });
}
