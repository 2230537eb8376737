import type { HostView } from '../../../server/domain/views.ts';

const words = { live: 'Live', unreachable: 'Unreachable', unknown: 'Unknown' } as const satisfies Record<
  HostView['liveness'],
  string
>;

/** `Live`, `Unreachable`, with `, maintenance` for a host that is left alone. */
export function livenessText(host: Pick<HostView, 'liveness' | 'life'>): string {
  return words[host.liveness] + (host.life === 'maintenance' ? ', maintenance' : '');
}
