import type { KnownBlock } from '@slack/types';
import { context, message, section } from '../cards/blocks.ts';
import type { Reply } from '../caller.ts';

/** What one answer holds: well below the limits of a message. */
const LINES = 20;
const SECTION = 2_800;
const ALL = 8_000;

export interface Listing {
  /** Above the lines, and what notifications get. mrkdwn, escaped; every line too. */
  readonly title: string;
  readonly lines: readonly string[];
  /** How many there are; `more`: at least so many. */
  readonly total?: number;
  readonly more?: boolean;
  /** Where the rest is: a link, as mrkdwn. */
  readonly rest: string;
  readonly none: string;
}

/** A list that fits a message: what does not is counted, with the link to the rest. */
export function listing({ title, lines, total = lines.length, more = false, rest, none }: Listing): Reply {
  if (lines.length === 0) return { kind: 'message', message: message(none, [section(none)]) };
  const kept = fitting(lines);
  const left = total - kept.length;
  const foot = left > 0 ? `… and ${left}${more ? '+' : ''} more: ${rest}` : rest;
  const blocks: KnownBlock[] = [section(`*${title}*`), ...sections(kept), context(foot)];
  return { kind: 'message', message: message(left > 0 ? `${title}, ${left} more` : title, blocks) };
}

function fitting(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines.slice(0, LINES)) {
    length += line.length + 1;
    if (length > ALL) break;
    kept.push(line);
  }
  return kept;
}

/** Lines in as few sections as they fit into. */
function sections(lines: readonly string[]): KnownBlock[] {
  const blocks: KnownBlock[] = [];
  let text = '';
  for (const line of lines) {
    if (text !== '' && text.length + line.length + 1 > SECTION) {
      blocks.push(section(text));
      text = '';
    }
    text += (text === '' ? '' : '\n') + line;
  }
  return text === '' ? blocks : [...blocks, section(text)];
}

/** A few lines, and where there is more. `text` of notifications is the first one. mrkdwn, escaped. */
export function told(lines: readonly (string | null)[], foot?: string): Reply {
  const kept = lines.filter((line): line is string => line !== null && line !== '');
  const blocks = [...sections(kept), ...(foot === undefined ? [] : [context(foot)])];
  return { kind: 'message', message: message(kept[0] ?? '', blocks) };
}
