import type { Config } from '../config.ts';

/** How people reach this server, without a trailing slash. The composition root sets `config.url` when the port is chosen late. */
export function serverUrl(config: Pick<Config, 'url' | 'bind' | 'port' | 'tls'>): string {
  if (config.url !== undefined) return config.url.replace(/\/+$/, '');
  const everywhere = config.bind === '0.0.0.0' || config.bind === '::';
  const name = everywhere ? 'localhost' : config.bind.includes(':') ? `[${config.bind}]` : config.bind;
  return `${config.tls ? 'https' : 'http'}://${name}:${config.port}`;
}

/** Whether browsers reach us over https, so that cookies may be Secure. */
export function isSecure(config: Pick<Config, 'url' | 'tls'>): boolean {
  if (config.tls) return true;
  return config.url !== undefined && new URL(config.url).protocol === 'https:';
}
