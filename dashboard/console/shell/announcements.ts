/** Milliseconds between two announcements: a screen reader reads one to its end before the next. */
export const EVERY_MS = 1_000;
/** Of so many sentences and more only the last is said, and how many there were. */
const MANY = 4;

/**
 * What assistive technology is told of what changes by itself. Whatever is said within a second is one announcement, and
 * of one subject only the last word.
 */
export class Announcements {
  readonly #announce: (text: string) => void;
  readonly #pending = new Map<string, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(announce: (text: string) => void) {
    this.#announce = announce;
  }

  /** `subject`: what it is about; what was said of it before and not yet announced is dropped. */
  say(subject: string, sentence: string): void {
    this.#pending.delete(subject);
    this.#pending.set(subject, sentence);
    this.#timer ??= setTimeout(() => this.#flush(), EVERY_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    const sentences = [...this.#pending.values()];
    this.#pending.clear();
    const last = sentences.at(-1) ?? '';
    this.#announce(sentences.length < MANY ? sentences.join(' ') : `${sentences.length} changes. The last: ${last}`);
  }
}
