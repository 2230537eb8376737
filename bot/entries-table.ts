import { Refusal } from '../server/contracts/errors.ts';
import { answerCommand } from './commands/answer.ts';
import { changeDialog } from './dialogs/change.ts';
import { dialogOptions } from './dialogs/options.ts';
import { submitDialog } from './dialogs/submit.ts';
import type { Entries } from './entries.ts';

const notBuilt = () => Promise.reject(new Refusal('unavailable', 'This is not built yet.'));

/** Commands, buttons and dialogs, as the wire calls them. */
export const entries: Entries = {
  command: answerCommand,
  button: notBuilt,
  dialogChanged: changeDialog,
  dialogSubmitted: submitDialog,
  dialogOptions,
};
