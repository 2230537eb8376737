import { isIP, type BlockList } from 'node:net';
import type { Config } from '../../config.ts';
import { isSecure } from '../server-url.ts';

/** How a request reached this server. */
export interface Arrival {
  /** Of the client; behind a trusted proxy, as the proxy says. */
  address: string;
  /** The client came over https, so cookies may be Secure. */
  secure: boolean;
}

export interface Forwarded {
  /** `X-Forwarded-For`: each proxy adds at the end the address it was called from. */
  forwardedFor?: string | undefined;
  /** `X-Forwarded-Proto`. */
  forwardedProto?: string | undefined;
}

type ProxySettings = Pick<Config, 'trustedProxies' | 'url' | 'tls'>;

/**
 * Only what a trusted proxy says counts: anybody can send these headers. From the end of the list, the first address
 * that is no trusted proxy is the client; what stands before it is hearsay.
 */
export function arrivalOf(
  config: ProxySettings,
  remote: string | undefined,
  { forwardedFor, forwardedProto }: Forwarded,
): Arrival {
  const peer = plainAddress(remote ?? '') ?? 'unknown';
  const secure = isSecure(config);
  if (!isTrusted(config.trustedProxies, peer)) return { address: peer, secure };
  const hops = (forwardedFor ?? '').split(',').map((hop) => plainAddress(hop.trim()));
  let address = peer;
  for (const hop of hops.reverse()) {
    if (hop === undefined) break;
    address = hop;
    if (!isTrusted(config.trustedProxies, hop)) break;
  }
  return { address, secure: secure || forwardedProto?.split(',').at(-1)?.trim().toLowerCase() === 'https' };
}

function isTrusted(proxies: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Without a port, and without the IPv6 dress of an IPv4 address; undefined for what is no address. */
function plainAddress(text: string): string | undefined {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? (/^[\d.]+:\d+$/.test(text) ? text.split(':')[0] : text);
  const address = bare?.replace(/^::ffff:(?=\d+\.)/i, '');
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}
