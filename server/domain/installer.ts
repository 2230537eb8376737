import { compareVersions } from './versions.ts';

export type Installer =
  | { readonly method: 'helm' | 'embedded-cluster' | 'managed' }
  | { readonly method: 'kots' | 'kurl'; readonly kotsVersion: string };

export type InstallerMethod = Installer['method'];

/** The installer as a declaration names it. A KOTS of no known version is taken for an old one: it hides nothing. */
export function installerNamed(method: InstallerMethod, version: string | null): Installer {
  if (method !== 'kots' && method !== 'kurl') return { method };
  return { method, kotsVersion: version ?? '0.0.0' };
}

/** Whether a version check of this installer can change anything: it keeps a list of its own. Rule: section 4. */
export function keepsCache(installer: Installer): boolean {
  return !['none', 'live'].includes(cacheBehaviour(installer));
}

/**
 * How a client treats its cache.
 *   none    has no cache: sees what the channel serves
 *   live    reads the catalog live, and keeps the packages it downloaded
 *   replace takes over what the channel serves at each check
 *   hide    adds and refreshes what is newer, hides what is marked as demoted
 *   refresh adds and refreshes what is newer
 *   keep    adds what is newer and never looks at it again
 */
export type CacheBehaviour = 'none' | 'live' | 'replace' | 'hide' | 'refresh' | 'keep';

/** Rule: section 4 (table of methods). */
export function cacheBehaviour(installer: Installer): CacheBehaviour {
  switch (installer.method) {
    case 'helm':
      return 'none';
    case 'managed':
      return 'live';
    case 'embedded-cluster':
      return 'replace';
    case 'kots':
    case 'kurl':
      return kotsBehaviour(installer.kotsVersion);
  }
}

/** First row that the version reaches, compared as SemVer: 1.128.0-beta is below 1.128.0. */
const KOTS_BEHAVIOURS = [
  { from: '1.128.0', behaviour: 'hide' },
  { from: '1.126.0', behaviour: 'refresh' },
] as const;

function kotsBehaviour(version: string): 'hide' | 'refresh' | 'keep' {
  const row = KOTS_BEHAVIOURS.find(({ from }) => compareVersions(version, from) >= 0);
  return row?.behaviour ?? 'keep';
}
