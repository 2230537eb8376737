import type { SlackDraftInput } from '../server/contracts/slack.ts';
import type { ButtonId, ButtonValue } from './buttons/ids.ts';
import type { Bot, Caller, Reply } from './caller.ts';
import type { Dialog, Message } from './message.ts';

/** What somebody has entered into a dialog: value by `<block_id>.<action_id>`; several where several were picked. */
export type DialogState = Readonly<Record<string, string | readonly string[] | null>>;

export interface DialogPlace {
  readonly draftId: string;
  readonly viewId: string;
  readonly hash: string | undefined;
  readonly state: DialogState;
}

export type Submitted =
  /** By block id; Slack shows them beside the fields and keeps the dialog open. */
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
  /** What takes the dialog's place: an error that belongs to no field, or what has come of it. */
  | { readonly kind: 'view'; readonly dialog: Dialog }
  /** The dialog closes; the message goes to the person alone. */
  | { readonly kind: 'done'; readonly message: Message };

export interface DialogOption {
  /** At most 75 characters. */
  readonly text: string;
  readonly value: string;
}

/** Everything that can come from Slack once it is known to be Slack and who speaks. The wire calls it, commands, buttons and dialogs are it. */
export interface Entries {
  /** Of the slash command, or of a mention without the bot's name; never throws for what a person can type. */
  command(bot: Bot, caller: Caller, text: string): Promise<Reply>;
  button(bot: Bot, caller: Caller, id: ButtonId, value: ButtonValue): Promise<Reply>;
  /** Something inside an open dialog was picked or typed: stores it in the draft and updates the dialog. */
  dialogChanged(bot: Bot, caller: Caller, place: DialogPlace, actionId: string): Promise<void>;
  dialogSubmitted(bot: Bot, caller: Caller, place: DialogPlace): Promise<Submitted>;
  /** What its draft holds, drawn once more below this sentence, for a dialog that was replaced while somebody waited. */
  dialogAgain(bot: Bot, caller: Caller, draftId: string, notice: string): Promise<Dialog>;
  /** Type-ahead of an external select; at most 100, those that match best first. */
  dialogOptions(
    bot: Bot,
    caller: Caller,
    draftId: string,
    actionId: string,
    query: string,
  ): Promise<readonly DialogOption[]>;
}

/** Opens the dialog that this input starts; how commands and buttons come to one. */
export type OpenDialog = (bot: Bot, caller: Caller, input: SlackDraftInput) => Promise<Reply>;
