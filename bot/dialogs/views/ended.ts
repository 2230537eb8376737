import { inline } from '../../cards/escape.ts';
import type { Dialog } from '../../message.ts';
import { dialog, note, section } from './parts.ts';

/** At once, while the facts are being read. */
export function loadingDialog(title: string, draftId: string): Dialog {
  return dialog({ title, submit: null, draftId, blocks: [note(['Reading how things stand …'])] });
}

/** Takes the place of a dialog that cannot go on: what happened, and what to do next. */
export function endedDialog(sentence: string): Dialog {
  return dialog({ title: 'Signalbox', submit: null, draftId: null, blocks: [section([inline(sentence, 2_000)])] });
}
