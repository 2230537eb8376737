const reloadedForKey = 'signalbox.reloadedFor';

/**
 * Loads the page again when the server serves another build than this one. Once per build: a server that names a
 * build which its files are not must not make a wall blink for ever.
 */
export function reloadWhenChanged(build: string): void {
  if (__BUILD__ === 'dev' || build === __BUILD__ || build === 'dev') return;
  if (sessionStorage.getItem(reloadedForKey) === build) return;
  sessionStorage.setItem(reloadedForKey, build);
  location.reload();
}
