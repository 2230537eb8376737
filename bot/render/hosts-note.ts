import { counted } from '../../server/domain/wording.ts';
import type { FailingHost, IncidentFacts } from '../cards/facts.ts';
import { lines, link, message } from '../cards/blocks.ts';
import { failingHostNote } from '../cards/incident.ts';
import type { Message } from '../message.ts';

/** Characters of blocks as they are sent; all text of a message has to stay well below 9 000. */
const MOST = 8_000;
/** Of each host's log: a few lines of every host say more than many of the first. */
const LOG_SHARES = [2_400, 1_200, 600, 300] as const;

/** The failing hosts of an incident, each with the last lines of its log, as far as one message holds them. */
export function hostsNote({
  failing,
  failingTotal,
  jobUrl,
}: Pick<IncidentFacts, 'failing' | 'failingTotal' | 'jobUrl'>): Message {
  const shared = LOG_SHARES.map((share) => notesWithin(failing, share));
  const { blocks, shown } = shared.find((notes) => notes.shown === failing.length) ?? shared.at(-1)!;
  const more = failingTotal - shown;
  const rest = more > 0 ? lines(link(jobUrl, `and ${counted(more, 'more failing host')}`)) : null;
  return message(`${counted(failingTotal, 'failing host')}, with the last lines of their logs.`, [...blocks, rest]);
}

function notesWithin(failing: readonly FailingHost[], logCharacters: number) {
  const blocks: Message['blocks'][number][] = [];
  let shown = 0;
  for (const host of failing) {
    const next = failingHostNote(host, logCharacters).blocks;
    if (shown > 0 && JSON.stringify([...blocks, ...next]).length > MOST) break;
    blocks.push(...next);
    shown += 1;
  }
  return { blocks, shown };
}
