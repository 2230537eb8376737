import type { SlackDialog, SlackDraftInput } from '../../server/contracts/slack.ts';
import { demote, undemote } from './demote.ts';
import { hold } from './hold.ts';
import { install } from './install.ts';
import type { DialogKind, InputOf } from './kind.ts';
import { promote } from './promote.ts';
import { recall } from './recall.ts';
import { reject } from './reject.ts';
import { resolve } from './resolve.ts';
import { rollback } from './rollback.ts';

const KINDS = { install, demote, undemote, promote, recall, rollback, hold, reject, resolve } satisfies {
  [Name in SlackDialog]: DialogKind<InputOf<Name>>;
};

/** The kind that this draft is of. */
export function kindOf<Input extends SlackDraftInput>(input: Input): DialogKind<Input> {
  return KINDS[input.dialog] as unknown as DialogKind<Input>;
}
