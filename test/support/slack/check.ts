import { BY_TYPE, EVERYWHERE, MESSAGE, MODAL_BYTES, NEVER_EMPTY } from './block-limits.ts';
import { schemaProblem } from './block-schema.ts';

/** What Slack answers to what it does not take, to be sent as it is. */
export interface SlackProblem {
  readonly ok: false;
  readonly error: 'invalid_blocks' | 'invalid_arguments' | 'msg_too_long' | 'msg_blocks_too_long' | 'no_text';
  /** Each with a JSON pointer: `must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]`. */
  readonly errors: readonly string[];
  readonly response_metadata: { readonly messages: readonly string[] };
}

/** `message`: what chat.* and a response URL take; `view`: a modal; `options`: the answer to a type-ahead. */
export type PayloadKind = 'message' | 'view' | 'options';

/** Why Slack would refuse the payload, or null. Stricter than Slack in two things: all text of a message < 9 000, no unknown field. */
export function problemOf(kind: PayloadKind, payload: unknown): SlackProblem | null {
  if (kind === 'view') return viewProblem(payload);
  if (kind === 'options') return refusedFor('invalid_arguments', limitProblems(payload, '', 'options'));
  return messageProblem(payload);
}

function messageProblem(payload: unknown): SlackProblem | null {
  const { text = '', blocks = [] } = (payload ?? {}) as { text?: unknown; blocks?: unknown };
  if (typeof text !== 'string' || !Array.isArray(blocks))
    return refusal('invalid_arguments', [['', 'no such message']]);
  if (text === '' && blocks.length === 0) return refusal('no_text', [['/text', 'is missing']]);
  if (text.length > MESSAGE.text) return refusal('msg_too_long', [['/text', tooLong(MESSAGE.text)]]);
  if (!text.isWellFormed() || text.includes('\0')) return refusal('invalid_arguments', [['/text', MALFORMED]]);
  const problems: Problem[] = blocks.length > MESSAGE.blocks ? [['/blocks', tooMany(MESSAGE.blocks)]] : [];
  const found = refusedFor('invalid_blocks', [...problems, ...blockProblems(blocks)]);
  if (found || allText(blocks) < MESSAGE.allText) return found;
  return refusal('msg_blocks_too_long', [['/blocks', `all text together must be under ${MESSAGE.allText} characters`]]);
}

function viewProblem(view: unknown): SlackProblem | null {
  if (!isObject(view) || !Array.isArray(view['blocks'])) return refusal('invalid_arguments', [['', 'no such view']]);
  const { blocks, ...frame } = view as { blocks: unknown[] };
  const outer = schemaOf({ ...frame, blocks: [] }, '');
  const hasInput = blocks.some((block) => isObject(block) && block['type'] === 'input');
  const size = Buffer.byteLength(JSON.stringify(view));
  return refusedFor('invalid_arguments', [
    ...(outer ? [outer] : limitProblems(view, '', 'modal', ['blocks'])),
    ...(size > MODAL_BYTES ? [['', `must be less than ${MODAL_BYTES + 1} bytes`] as const] : []),
    ...(hasInput && !('submit' in view) ? [['/submit', 'is required with an input block'] as const] : []),
    ...blockProblems(blocks),
  ]);
}

type Problem = readonly [pointer: string, words: string];

function blockProblems(blocks: readonly unknown[]): Problem[] {
  const each = blocks.flatMap((block, index) => {
    const pointer = `/blocks/${index}`;
    const wrong = schemaOf(block, pointer);
    return wrong ? [wrong] : [...limitProblems(block, pointer), ...repeatedActions(block, pointer)];
  });
  return [...each, ...repeated(blocks, 'block_id', '/blocks')];
}

function schemaOf(part: unknown, pointer: string): Problem | null {
  if (!isObject(part) || typeof part['type'] !== 'string') return [pointer, 'must have a type'];
  const found = schemaProblem(part as { type: string });
  if (found === undefined) return [`${pointer}/type`, `unsupported type: ${part['type']}`];
  return found && [pointer + found[0], found[1]];
}

/** Lengths and counts of the part and of everything in it. `as`: its type where it has none; `skip`: judged elsewhere. */
function limitProblems(part: unknown, pointer: string, as?: string, skip: readonly string[] = []): Problem[] {
  if (Array.isArray(part)) return part.flatMap((item, index) => limitProblems(item, `${pointer}/${index}`));
  if (!isObject(part)) return [];
  const type = as ?? (part['type'] as string | undefined);
  const limits = { ...EVERYWHERE, ...(type === undefined ? {} : BY_TYPE[type]) };
  const own = Object.entries(limits).flatMap(([path, most]) => over(part, path.split('.'), most, pointer));
  const deeper = Object.entries(part).flatMap(([key, value]): Problem[] => {
    const at = `${pointer}/${key}`;
    if (skip.includes(key)) return [];
    if (NEVER_EMPTY.has(key) && isEmpty(value)) return [[at, 'must be more than 0 characters or items']];
    if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0') ? [] : [[at, MALFORMED]];
    return limitProblems(value, at);
  });
  return [...own, ...deeper];
}

function over(value: unknown, [key, ...rest]: readonly string[], most: number, pointer: string): Problem[] {
  if (key === undefined) {
    if (typeof value === 'string' && value.length > most) return [[pointer, tooLong(most)]];
    return Array.isArray(value) && value.length > most ? [[pointer, tooMany(most)]] : [];
  }
  if (key !== '*') return isObject(value) ? over(value[key], rest, most, `${pointer}/${key}`) : [];
  if (!Array.isArray(value)) return [];
  return value.flatMap((item, index) => over(item, rest, most, `${pointer}/${index}`));
}

function repeatedActions(block: unknown, pointer: string): Problem[] {
  const elements = isObject(block) && Array.isArray(block['elements']) ? (block['elements'] as unknown[]) : [];
  return repeated(elements, 'action_id', `${pointer}/elements`);
}

function repeated(parts: readonly unknown[], id: string, pointer: string): Problem[] {
  const ids = parts.map((part) => (isObject(part) ? part[id] : undefined));
  const again = ids.findIndex((one, index) => one !== undefined && ids.indexOf(one) < index);
  return again === -1 ? [] : [[`${pointer}/${again}/${id}`, `must be unique: ${String(ids[again])}`]];
}

function allText(part: unknown): number {
  if (Array.isArray(part)) return part.reduce<number>((sum, item) => sum + allText(item), 0);
  if (!isObject(part)) return 0;
  const { text } = part;
  const own = typeof text === 'string' ? text.length : 0;
  return own + Object.values(part).reduce<number>((sum, value) => sum + allText(value), 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

const MALFORMED = 'must be text without NUL and broken characters';
const tooLong = (most: number) => `must be less than ${most + 1} characters`;
const tooMany = (most: number) => `no more than ${most} items allowed`;

function refusedFor(error: SlackProblem['error'], problems: readonly Problem[]): SlackProblem | null {
  return problems.length === 0 ? null : refusal(error, problems);
}

function refusal(error: SlackProblem['error'], problems: readonly Problem[]): SlackProblem {
  const errors = problems.map(([pointer, words]) => `${words} [json-pointer:${pointer}]`);
  return { ok: false, error, errors, response_metadata: { messages: errors.map((text) => `[ERROR] ${text}`) } };
}
