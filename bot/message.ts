import type { KnownBlock, ModalView } from '@slack/types';

/** What is sent: blocks, and the text that notifications and screen readers get. */
export interface Message {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

export type Dialog = ModalView;
