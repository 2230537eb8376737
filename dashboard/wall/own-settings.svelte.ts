import { DEFAULT_WALL } from '../../server/domain/wall-view.ts';
import type { WallSettings } from '../../server/domain/wall-view.ts';

/** How often a display asks what it is to show. */
const askMs = 60_000;

/** What this display is to show. Whoever is no display, or cannot ask, shows the overview, or what was said last. */
export class OwnSettings {
  value: WallSettings = $state.raw(DEFAULT_WALL);
  #timer: ReturnType<typeof setInterval>;

  constructor() {
    void this.#ask();
    this.#timer = setInterval(() => void this.#ask(), askMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    try {
      const answer = await fetch('/api/v1/displays/own', { headers: { accept: 'application/json' } });
      if (!answer.ok) return;
      const { display } = (await answer.json()) as { display: WallSettings | null };
      this.value = display ?? DEFAULT_WALL;
    } catch {
      // The link says by itself that it is lost; the settings stay.
    }
  }
}
