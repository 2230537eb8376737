export interface LinkSecret {
  readonly purpose: 'set-up' | 'sign-in';
  readonly secret: string;
}

/** The secret of a one-time link in this page's address: `/set-up#…` or `/sign-in#…`, with or without `token=`. */
export function secretIn(pathname: string, hash: string): LinkSecret | null {
  const secret = hash.replace(/^#(token=)?/, '');
  if (pathname === '/set-up') return { purpose: 'set-up', secret };
  return pathname === '/sign-in' && secret ? { purpose: 'sign-in', secret } : null;
}

/** Reads it and takes it out of the address. */
export function takeSecret(): LinkSecret | null {
  const link = secretIn(location.pathname, location.hash);
  if (location.hash && link) history.replaceState(null, '', location.pathname);
  return link;
}
