import type { DemoSlackBlock } from '../../../server/contracts/demo-slack.ts';

/** Block Kit as it comes: what is read of it is read here, so that what is not there is shown as nothing. */
export interface SlackText {
  readonly type: string;
  readonly text: string;
}

export interface SlackConfirm {
  readonly title: SlackText;
  readonly text: SlackText;
  readonly confirm: SlackText;
  readonly deny: SlackText;
  readonly style?: string;
}

export interface SlackOption {
  readonly text: SlackText;
  readonly value: string;
  readonly description?: SlackText;
}

export interface SlackElement {
  readonly type: string;
  readonly action_id: string;
  readonly text?: SlackText | string;
  readonly url?: string;
  readonly style?: string;
  readonly confirm?: SlackConfirm;
  readonly placeholder?: SlackText;
  readonly options?: readonly SlackOption[];
  readonly option_groups?: readonly { readonly label: SlackText; readonly options: readonly SlackOption[] }[];
  readonly multiline?: boolean;
  readonly elements?: readonly SlackElement[];
}

export interface SlackBlock {
  readonly type: string;
  readonly block_id: string;
  readonly text?: SlackText;
  readonly fields?: readonly SlackText[];
  readonly accessory?: SlackElement;
  readonly elements?: readonly (SlackElement & SlackText)[];
  readonly element?: SlackElement;
  readonly label?: SlackText;
  readonly hint?: SlackText;
  readonly optional?: boolean;
}

export function blockOf(block: DemoSlackBlock): SlackBlock {
  return block as unknown as SlackBlock;
}

/** The words of a text object, of mrkdwn without its marks where only plain words can stand. */
export function words(text: SlackText | string | undefined): string {
  return typeof text === 'string' ? text : (text?.text ?? '');
}

/** One stretch of rich text. */
export interface RichPart {
  readonly type: string;
  readonly text?: string;
  readonly url?: string;
  readonly user_id?: string;
  readonly style?: {
    readonly bold?: boolean;
    readonly italic?: boolean;
    readonly strike?: boolean;
    readonly code?: boolean;
  };
}
