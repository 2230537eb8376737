import { Announcements } from './announcements.ts';

/** The one polite region of the console: what it says now. */
export class Announcer {
  text = $state('');
  readonly #announcements = new Announcements((text) => (this.text = text));

  say(subject: string, sentence: string): void {
    this.#announcements.say(subject, sentence);
  }

  close(): void {
    this.#announcements.close();
  }
}
