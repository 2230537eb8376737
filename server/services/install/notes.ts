import type { Reader } from '../../../db/connect.ts';
import { channelsFollowed } from '../../../db/queries/catalog.ts';
import { notesOnTheWay, type ReadNotes } from '../../domain/notes-between.ts';
import type { TaskView } from '../../domain/views.ts';

type Planned = Pick<TaskView, 'environmentId' | 'fromVersion' | 'status'>;

/** The notes on the way of a plan that exists: what its hosts ran when it was made, up to its release. Rule: section 2. */
export async function notesOfPlan(
  reader: Reader,
  release: ReadNotes & { readonly productId: number },
  tasks: readonly Planned[],
): Promise<ReadNotes[]> {
  const changed = tasks.filter(({ status }) => status !== 'skipped');
  const environmentIds = [...new Set(changed.map(({ environmentId }) => environmentId))];
  const channels = await channelsFollowed(reader, release.productId, environmentIds);
  const ways = changed.map(({ environmentId, fromVersion: from }) => {
    return { channel: channels.get(environmentId) ?? null, from };
  });
  return notesOnTheWay(ways, release);
}
