import type { KnownBlock } from '@slack/types';
import { counted } from '../../../server/domain/wording.ts';
import { inline } from '../../cards/escape.ts';
import { box, section } from './parts.ts';
import type { InstallPreview } from './plan-lines.ts';

/** The way by the required releases between, or why there is none. Rule: section 4 (Deploying, 8). */
export function pathBlocks(
  { legs, refusal }: NonNullable<InstallPreview['path']>,
  input: { readonly path?: boolean | undefined },
): KnownBlock[] {
  if (refusal) return [section([`✗ No path by the required releases: ${inline(refusal.sentence, 600)}`])];
  if (legs.length === 0) return [];
  const shown = legs.slice(0, 12).map(({ version, hosts }) => `${inline(version, 60)} (${counted(hosts, 'host')})`);
  const way = legs.length > 12 ? [...shown, '…'] : shown;
  return [
    section([`*Path by the required releases:* ${way.join(' → ')}, a job for each`]),
    box({
      field: 'path',
      label: 'Required releases',
      text: 'Install them on the way',
      hint: 'Each job goes once the one before it has succeeded.',
      on: input.path === true,
    }),
  ];
}
