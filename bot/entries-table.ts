import { pressButton } from './buttons/press.ts';
import { answerCommand } from './commands/answer.ts';
import { changeDialog } from './dialogs/change.ts';
import { dialogOptions } from './dialogs/options.ts';
import { redrawDialog, submitDialog } from './dialogs/submit.ts';
import type { Entries } from './entries.ts';

/** Commands, buttons and dialogs, as the wire calls them. */
export const entries: Entries = {
  command: answerCommand,
  button: pressButton,
  dialogChanged: changeDialog,
  dialogSubmitted: submitDialog,
  dialogAgain: redrawDialog,
  dialogOptions,
};
