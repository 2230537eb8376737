import { deployableVersions } from '../../../server/domain/deploy.ts';
import { visibleReleases } from '../../../server/domain/visibility.ts';
import { story, tell } from './story.ts';

export function visibility(input: unknown): unknown {
  const { channel, client, refusals } = tell(story.parse(input));
  return {
    visible: visibleReleases(channel, client).map(({ version }) => version),
    deployable: deployableVersions(channel, client),
    refusals,
    deployed: client.deployed?.version ?? null,
  };
}
