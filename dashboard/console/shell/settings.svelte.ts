import type { Zone } from '../../live/format.ts';

export type Theme = 'dark' | 'light';

const themeKey = 'signalbox.theme';
const zoneKey = 'signalbox.zone';

/** What a reader has chosen for this browser: colours, and whether instants are shown in UTC or local time. */
export class Settings {
  theme: Theme = $state(localStorage.getItem(themeKey) === 'light' ? 'light' : 'dark');
  zone: Zone = $state(localStorage.getItem(zoneKey) === 'local' ? 'local' : 'utc');

  constructor() {
    this.#paint();
  }

  chooseTheme(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem(themeKey, theme);
    this.#paint();
  }

  chooseZone(zone: Zone): void {
    this.zone = zone;
    localStorage.setItem(zoneKey, zone);
  }

  #paint(): void {
    document.documentElement.dataset['theme'] = this.theme;
  }
}
