/** What Slack makes of a mrkdwn text, as a tree. */
export type MrkdwnNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bold' | 'italic' | 'strike' | 'quote'; readonly children: readonly MrkdwnNode[] }
  | { readonly kind: 'code' | 'pre'; readonly text: string }
  | { readonly kind: 'link'; readonly href: string; readonly text: string }
  | { readonly kind: 'user' | 'channel' | 'everybody'; readonly id: string }
  | {
      readonly kind: 'date';
      readonly at: number;
      readonly format: string;
      readonly href: string | null;
      readonly otherwise: string;
    }
  | { readonly kind: 'break' };

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

export function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity] ?? entity);
}

/** Blocks of three back-quotes, then quotes line by line, then what stands within lines. */
export function parseMrkdwn(text: string): MrkdwnNode[] {
  return text.split(/```/).flatMap((part, index): MrkdwnNode[] => {
    if (index % 2 === 1) return [{ kind: 'pre', text: unescaped(part.replace(/^\n|\n$/g, '')) }];
    return lines(part);
  });
}

function lines(text: string): MrkdwnNode[] {
  const nodes: MrkdwnNode[] = [];
  let quote: MrkdwnNode[] | null = null;
  let fresh = true;
  for (const line of text.split('\n')) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line)?.[1];
    if (quoted !== undefined) {
      if (quote) quote.push({ kind: 'break' });
      else nodes.push({ kind: 'quote', children: (quote = []) });
      quote.push(...inline(quoted));
      fresh = true;
      continue;
    }
    quote = null;
    if (!fresh) nodes.push({ kind: 'break' });
    nodes.push(...inline(line));
    fresh = false;
  }
  return nodes;
}

const MARKS = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
/** Code, a token in angle brackets, or a marked stretch that begins and ends at the edge of a word. */
const TOKEN = /`([^`]+)`|<([^<>]+)>|(?<![\p{L}\p{N}*_~])([*_~])(?=\S)((?:<[^<>]*>|.)*?\S)\3(?![\p{L}\p{N}*_~])/u;

function inline(text: string): MrkdwnNode[] {
  const found = TOKEN.exec(text);
  if (!found) return text === '' ? [] : [{ kind: 'text', text: unescaped(text) }];
  const [whole, code, token, mark, marked] = found;
  const node: MrkdwnNode =
    code !== undefined
      ? { kind: 'code', text: unescaped(code) }
      : token !== undefined
        ? tokenNode(token)
        : { kind: MARKS[mark as keyof typeof MARKS], children: inline(marked ?? '') };
  return [...inline(text.slice(0, found.index)), node, ...inline(text.slice(found.index + whole.length))];
}

/** What stands between `<` and `>`: somebody, a channel, a date, everybody, or a link. */
function tokenNode(token: string): MrkdwnNode {
  const bar = token.indexOf('|');
  const [what, words] = bar < 0 ? [token, ''] : [token.slice(0, bar), unescaped(token.slice(bar + 1))];
  if (what.startsWith('@')) return { kind: 'user', id: what.slice(1) };
  if (what.startsWith('#')) return { kind: 'channel', id: what.slice(1) };
  const date = /^!date\^(\d+)\^([^^]*)(?:\^(.*))?$/.exec(what);
  if (date) {
    const [, at, format = '', href = null] = date;
    return { kind: 'date', at: Number(at) * 1_000, format: unescaped(format), href, otherwise: words };
  }
  if (what.startsWith('!')) return { kind: 'everybody', id: what.slice(1) };
  return { kind: 'link', href: unescaped(what), text: words === '' ? unescaped(what) : words };
}
