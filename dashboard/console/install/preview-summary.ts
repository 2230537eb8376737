import type { Api } from '../../../server/contracts/api.ts';
import type { OutputOf } from '../../../server/contracts/endpoint.ts';

export type InstallPreview = OutputOf<Api['installs.preview']>;
type PreviewHost = InstallPreview['hosts'][number];

/** The preview as the dialog says it: how many change and from what, who is skipped, who is refused and why. */
export interface PreviewSummary {
  readonly changes: readonly { readonly from: string | null; readonly count: number }[];
  readonly installs: number;
  readonly skipped: number;
  readonly refusals: readonly { readonly sentence: string; readonly hosts: readonly PreviewHost[] }[];
  readonly refusedIds: readonly number[];
  /** By the number that the wave has in the plan; a wave that no host is left for is not there. */
  readonly waves: readonly { readonly number: number; readonly hosts: number; readonly manual: boolean }[];
}

export function previewSummary(preview: InstallPreview): PreviewSummary {
  const installs = preview.hosts.filter(({ outcome }) => outcome === 'install');
  const refused = preview.hosts.filter(({ outcome }) => outcome === 'refuse');
  const byVersion = Map.groupBy(installs, ({ fromVersion }) => fromVersion);
  // One line per code and environment-free sentence would hide names; one per host would be ten thousand lines.
  const byCode = Map.groupBy(refused, ({ reason }) => reason?.code ?? 'refused');
  return {
    changes: [...byVersion].map(([from, hosts]) => ({ from, count: hosts.length })).sort((a, b) => b.count - a.count),
    installs: installs.length,
    skipped: preview.hosts.length - installs.length - refused.length,
    refusals: [...byCode.values()].map((hosts) => ({ sentence: hosts[0]?.reason?.sentence ?? 'Refused.', hosts })),
    refusedIds: refused.map(({ hostId }) => hostId),
    waves: [...Map.groupBy(preview.hosts, ({ wave }) => wave)].map(([number, hosts]) => ({
      number,
      hosts: hosts.length,
      manual: preview.plan.waves[number - 1]?.manual ?? false,
    })),
  };
}
