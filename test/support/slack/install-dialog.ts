import type { SlackDraftInput } from '../../../server/contracts/slack.ts';
import { rollouts } from '../rollout.ts';
import { declareFleet, publish, type World } from '../world.ts';

/** What a dialog of release 1 is opened with. */
export const input = (more: Partial<Extract<SlackDraftInput, { dialog: 'install' }>> = {}) => ({
  dialog: 'install' as const,
  releaseId: 1,
  hostIds: [],
  labels: {},
  ...more,
});

/** Release 1 is 1.0.0, 2 is 2.0.0, both on the server; one management host (1) and three others (2, 3, 4). */
export async function installFleet(world: World): Promise<void> {
  await declareFleet(world, { management: 1, targets: 3 });
  await publish(world, ['1.0.0', '2.0.0']);
  await rollouts(world).download([1, 2]);
}
