import { visible } from '../cards/escape.ts';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>' };

/**
 * What somebody typed, out of what Slack sends: links, channels and people as they read, entities once, any space as a
 * space, straight quotes, and nothing that cannot be seen. Total.
 */
export function typedText(sent: string): string {
  return visible(sent.replace(/\s/gu, ' '))
    .replace(/<([^<>]*)>|&(amp|lt|gt);/gu, (_all, link: string | undefined, entity: string | undefined) =>
      link === undefined ? (ENTITIES[entity ?? ''] ?? '') : linkText(link),
    )
    .replace(/[“”„‟«»]/gu, '"')
    .replace(/[‘’‚‛]/gu, "'")
    .trim();
}

/** `#C024|general`, `@U024|ana`, `!subteam^S1|@ops`, `!channel`, `https://…|text`, `mailto:a@b.c|a@b.c`. */
function linkText(link: string): string {
  const bar = link.indexOf('|');
  const target = bar < 0 ? link : link.slice(0, bar);
  const label = bar < 0 ? '' : link.slice(bar + 1);
  const sign = /^[#@!]/u.exec(target)?.[0];
  if (sign === undefined) return label === '' ? target.replace(/^mailto:/u, '') : label;
  if (sign === '!') return label === '' ? `@${target.slice(1)}` : label;
  return sign + (label === '' ? target.slice(1) : label.replace(/^[#@]/u, ''));
}
