/**
 * Text that we did not write, made fit for Slack. Where it goes decides which function it needs:
 *   mrkdwn (sections, contexts, `text`)        inline(text, max), or escapeMrkdwn(text) for more than one line
 *   plain_text (headers, buttons, options)     plain(text, max)
 *   rich_text_preformatted                     logLine(text, max)
 * Lengths are UTF-16 units, never fewer than Slack counts.
 */

/** Marks that turn the direction of what follows, and characters that nobody can see. */
const UNSEEN = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/gu;
const LINE_END = /\r\n?|[\u2028\u2029\u0085]/gu;
// Colours and cursor movements of terminals, and titles of their windows.
const TERMINAL = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/gu;

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' } as const;

/** For mrkdwn: no mention, link or entity can come out of it. Lines stay lines. Never call it twice on the same text. */
export function escapeMrkdwn(text: string): string {
  return entities(visible(text));
}

/** For mrkdwn, on one line, escaped, at most `max` characters as they are sent; what is longer ends with `…`. */
export function inline(text: string, max: number): string {
  return cut(oneLine(text), max, entities);
}

/** For plain_text: one line of at most `max` characters, not escaped since nothing is parsed there. */
export function plain(text: string, max: number): string {
  return cut(oneLine(text), max, (part) => part);
}

/** For rich_text_preformatted: one line of a log as a terminal would show it, without its colours, spaces kept. */
export function logLine(text: string, max: number): string {
  // Nobody pays for what will not be shown.
  const shown = visible(text.slice(0, 4 * max + 1_000));
  return cut(shown.replaceAll('\n', ' ').replaceAll('\t', '  ').trimEnd(), max, (part) => part);
}

function entities(text: string): string {
  return text.replace(/[&<>]/gu, (sign) => ENTITIES[sign as keyof typeof ENTITIES]);
}

/** Only what can be seen, and line ends. */
export function visible(text: string): string {
  return text.toWellFormed().replace(TERMINAL, '').replace(LINE_END, '\n').replace(CONTROL, '').replace(UNSEEN, '');
}

function oneLine(text: string): string {
  return visible(text).replace(/\s+/gu, ' ').trim();
}

/** `sent` is what a part becomes on its way, and what counts. No character, as people see them, is cut in two. */
function cut(text: string, max: number, sent: (part: string) => string): string {
  const whole = text.length <= max ? sent(text) : null;
  if (whole !== null && whole.length <= max) return whole;
  let kept = '';
  for (const { segment } of new Intl.Segmenter('en').segment(text.slice(0, max))) {
    const part = sent(segment);
    if (kept.length + part.length > max - 1) break;
    kept += part;
  }
  return `${kept.trimEnd()}…`;
}
