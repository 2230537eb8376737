import { counted } from '../../server/domain/wording.ts';
import type { IncidentFacts } from '../cards/facts.ts';
import { lines, link, message } from '../cards/blocks.ts';
import { failingHostNote } from '../cards/incident.ts';

/** Characters of blocks as they are sent; all text of a message has to stay well below 9 000. */
const MOST = 8_000;

/** The failing hosts of an incident, each with the last lines of its log, as far as one message holds them. */
export function hostsNote({
  failing,
  failingTotal,
  jobUrl,
}: Pick<IncidentFacts, 'failing' | 'failingTotal' | 'jobUrl'>) {
  const blocks: ReturnType<typeof failingHostNote>['blocks'][number][] = [];
  let shown = 0;
  for (const host of failing) {
    const next = failingHostNote(host).blocks;
    if (shown > 0 && JSON.stringify([...blocks, ...next]).length > MOST) break;
    blocks.push(...next);
    shown += 1;
  }
  const more = failingTotal - shown;
  const rest = more > 0 ? lines(link(jobUrl, `and ${counted(more, 'more failing host')}`)) : null;
  return message(`${counted(failingTotal, 'failing host')}, with the last lines of their logs.`, [...blocks, rest]);
}
