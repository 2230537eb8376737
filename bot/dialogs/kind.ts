import type { SlackDialog, SlackDraftInput } from '../../server/contracts/slack.ts';
import type { Draft } from '../../server/services/slack/drafts.ts';
import type { Actor } from '../../server/services/verb.ts';
import type { Bot, Caller } from '../caller.ts';
import type { DialogOption } from '../entries.ts';
import type { Dialog, Message } from '../message.ts';
import type { Entered } from './state.ts';
import type { Field } from './views/parts.ts';

/** Who has the dialog open, and what it works with. */
export interface Holder {
  readonly bot: Bot;
  readonly caller: Caller;
}

export type InputOf<Name extends SlackDialog> = Extract<SlackDraftInput, { dialog: Name }>;

export interface Drawn {
  readonly dialog: Dialog;
  /** Fingerprint of the plan in it, empty while there is none; undefined where no plan is confirmed. */
  readonly seen?: string | undefined;
}

export type Outcome =
  /** By block id: what cannot be taken. */
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
  /** The dialog is shown anew, with what stopped it above everything else. */
  | { readonly kind: 'again'; readonly notice: string }
  /** It may happen now. `run` is called once, however often somebody submits. */
  | { readonly kind: 'go'; readonly run: () => Promise<Message> };

/** One kind of dialog. Every function reads the world anew: what a dialog shows is never what it acts on. */
export interface DialogKind<Input extends SlackDraftInput> {
  /** While it is being filled; at most 24 characters. */
  readonly title: string;
  /** Throws unless the person may do somewhere what the dialog does: asked before it opens. */
  admit(actor: Actor): void;
  /** What the dialog starts with, beyond what it was asked for. */
  begin?(holder: Holder, input: Input): Promise<Input>;
  /** The draft with what the fields hold now. */
  read(input: Input, fields: Entered): Input;
  draw(holder: Holder, draft: Draft<Input>, notice: string | null): Promise<Drawn>;
  submit(holder: Holder, draft: Draft<Input>): Promise<Outcome>;
  /** What can be picked in a field that is found by typing. */
  options?(holder: Holder, input: Input, field: Field, query: string): Promise<readonly DialogOption[]>;
}

/** Only those that hold a sentence; null: there is none. */
export function errorsOf(found: Readonly<Record<string, string | null>>): Outcome | null {
  const errors = Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== null);
  return errors.length === 0 ? null : { kind: 'errors', errors: Object.fromEntries(errors) };
}
