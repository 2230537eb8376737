import type { WebClient } from '@slack/web-api';
import { Refusal } from '../../server/contracts/errors.ts';
import type { Context } from '../../server/services/context.ts';
import type { Bot } from '../caller.ts';
import { slackErrorOf } from './clients.ts';
import type { Delivery } from './delivery.ts';

/** Slack's words for: something newer stands there, or the dialog has been closed. */
const OVERTAKEN: ReadonlySet<string | undefined> = new Set(['hash_conflict', 'not_found', 'view_not_found']);

/** What a handler works with while it answers this one delivery: dialogs hang on its trigger. */
export function deliveryBot(ctx: Context, client: WebClient, { trigger, view }: Delivery): Bot {
  return {
    ctx,
    async openDialog(_caller, dialog) {
      if (trigger === null) {
        throw new Refusal(
          'refused',
          `Dialogs open from ${ctx.config.slack?.command ?? 'the command'} and from buttons, not from a mention. Type the command in a channel.`,
        );
      }
      const given = { trigger_id: trigger, view: dialog };
      const opened = await (view ? client.views.push(given) : client.views.open(given)).catch((error: unknown) => {
        ctx.log.warn({ err: error }, 'slack: a dialog did not open');
        const why = slackErrorOf(error) ?? 'no answer in time';
        throw new Refusal('unavailable', `Slack did not open the dialog (${why}). Nothing was done; try it again.`);
      });
      return { viewId: opened.view?.id ?? '' };
    },
    async updateDialog(viewId, dialog, hash) {
      try {
        await client.views.update({ view_id: viewId, view: dialog, ...(hash === undefined ? {} : { hash }) });
        return true;
      } catch (error) {
        if (OVERTAKEN.has(slackErrorOf(error))) return false;
        throw error;
      }
    },
    async upload(channel, thread, { name, title, content }) {
      const file = { channel_id: channel, thread_ts: thread, file: content, filename: name, title };
      const { files } = (await client.files.uploadV2(file)) as { files?: { files?: { permalink?: string }[] }[] };
      return files?.[0]?.files?.[0]?.permalink ?? '';
    },
  };
}
