import type { Context } from '../server/services/context.ts';
import type { Actor } from '../server/services/verb.ts';
import type { Dialog, Message } from './message.ts';

/** Who spoke, once the link to an account is found and the account may sign in. `actor` has the grants of now. */
export interface Caller {
  readonly actor: Actor;
  readonly team: string;
  readonly user: string;
  /** Where it was said or clicked; null: in a dialog. */
  readonly channel: string | null;
  /** Timestamp of the thread's first message; null: not in a thread. */
  readonly thread: string | null;
}

/** What handlers work with. Nothing here has been sent to Slack before the database transaction is over. */
export interface Bot {
  readonly ctx: Context;
  /** Opens a dialog; the trigger of the command or click lives 3 s and works once. Answers with the view's id. */
  openDialog(caller: Caller, dialog: Dialog): Promise<{ viewId: string }>;
  /**
   * Fills or changes an open dialog. False: `hash` is no longer that of what is shown, something newer stands there, or
   * the dialog has been closed. Nothing was changed then.
   */
  updateDialog(viewId: string, dialog: Dialog, hash?: string): Promise<boolean>;
  /** Uploads a file into a thread and answers with its permalink. */
  upload(channel: string, thread: string, file: { name: string; title: string; content: Buffer }): Promise<string>;
}

/** What the person sees, and only they: the answer to a command or a click. */
export type Reply =
  | { readonly kind: 'message'; readonly message: Message }
  /** A dialog has been opened for them, which is the answer. */
  | { readonly kind: 'opened' };

/** An answer in words alone; `text` is mrkdwn, and already escaped. */
export function said(text: string): Reply {
  return {
    kind: 'message',
    message: { text, blocks: [{ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }] },
  };
}
