import type { KnownBlock } from '@slack/types';
import type { ReadNotes } from '../../../server/domain/notes-between.ts';
import { counted } from '../../../server/domain/wording.ts';
import { escapeMrkdwn, inline } from '../../cards/escape.ts';
import { note, section } from './parts.ts';

const NOTES = 900;
/** A dialog holds 100 blocks, and has about thirty without these. */
const RELEASES = 20;

/** What the plan comes past on its way to the release above, whose own notes stand there already. Rule: section 2. */
export function wayNotes(notes: readonly ReadNotes[], target: string, url: string): KnownBlock[] {
  const others = notes.filter(({ version }) => version !== target);
  if (others.length === 0) return [];
  const more = others.length - RELEASES;
  return [
    section([`*Notes of ${counted(others.length, 'more release')} on the way:*`]),
    ...others.slice(0, RELEASES).map((one) => {
      const name = `*${inline(one.version, 80)}*${one.required ? ', required' : ''}`;
      return note([name, firstLines(one.notes) ?? 'Without notes.']);
    }),
    ...(more > 0 ? [note([`<${url}|and ${counted(more, 'more release')} in the console>`])] : []),
  ];
}

/** The first lines, escaped; null: there are none. */
export function firstLines(notes: string): string | null {
  const lines = notes.slice(0, NOTES).split('\n').slice(0, 8);
  const shown = escapeMrkdwn(lines.join('\n')).trim();
  if (shown === '') return null;
  return notes.length > NOTES || notes.split('\n').length > 8 ? `${shown}\n…` : shown;
}
