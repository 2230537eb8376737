import { expect, test } from 'vitest';
import { notesLines } from '../../server/cli/text.ts';

test('notes on a terminal are text, whatever is in them', () => {
  const notes = [
    { version: '2.0.0', notes: 'Faster.\r\n\u001b[31mred\u001b[0m\u0007\n\n* more', required: true },
    { version: '1.0.0', notes: ' \n', required: false },
  ];
  const lines = notesLines(notes);
  expect(lines).toEqual([
    'notes of 2.0.0, required:',
    '  Faster.',
    '   [31mred [0m',
    '',
    '  * more',
    'notes of 1.0.0:',
    '  without notes',
  ]);
});
