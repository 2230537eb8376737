import type { Attachment } from 'svelte/attachments';
import { Announcements, EVERY_MS } from './announcements.ts';

/** One region: it speaks, and is empty again, so that nobody comes across what is long past. */
class Voice {
  text = $state('');
  #silence: ReturnType<typeof setTimeout> | undefined;
  readonly #announcements = new Announcements((text) => {
    clearTimeout(this.#silence);
    this.text = text;
    this.#silence = setTimeout(() => (this.text = ''), EVERY_MS - 100);
  });

  say(subject: string, sentence: string): void {
    this.#announcements.say(subject, sentence);
  }

  close(): void {
    clearTimeout(this.#silence);
    this.#announcements.close();
  }
}

/** What the console tells assistive technology: what it says politely, and what it interrupts with. */
export class Announcer {
  readonly #polite = new Voice();
  readonly #urgent = new Voice();

  get polite(): string {
    return this.#polite.text;
  }

  get urgent(): string {
    return this.#urgent.text;
  }

  say(subject: string, sentence: string): void {
    this.#polite.say(subject, sentence);
  }

  /** What somebody has just asked for went wrong, or what is seen may not be believed. */
  warn(subject: string, sentence: string): void {
    this.#urgent.say(subject, sentence);
  }

  /**
   * For an element whose words change by themselves: they are told when they do. `first`: those that it appears with,
   * too, as where it appears because of what somebody did.
   */
  spoken(subject: string, { first = false } = {}): Attachment<HTMLElement> {
    return (element) => {
      const tell = () => {
        const text = element.textContent.replace(/\s+/g, ' ').trim();
        if (text !== '') this.say(subject, text);
      };
      if (first) tell();
      const observer = new MutationObserver(tell);
      observer.observe(element, { childList: true, characterData: true, subtree: true });
      return () => observer.disconnect();
    };
  }

  close(): void {
    this.#polite.close();
    this.#urgent.close();
  }
}
