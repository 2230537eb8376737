import type { WallSettings } from '../../server/domain/wall-view.ts';

/**
 * Tells what this display is to show, now and whenever it is asked again each minute; null for whoever is no display.
 * When nobody answers, what was said last stays. Returns its end.
 */
export function followSettings(take: (settings: WallSettings | null) => void): () => void {
  const ask = () =>
    fetch('/api/v1/displays/own')
      .then((answer) => answer.json())
      .then(({ display }: { display?: WallSettings | null }) => display !== undefined && take(display))
      .catch(() => {});
  void ask();
  const timer = setInterval(ask, 60_000);
  return () => clearInterval(timer);
}
