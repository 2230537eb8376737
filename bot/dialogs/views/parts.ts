import type {
  ContextBlock,
  DividerBlock,
  InputBlock,
  KnownBlock,
  PlainTextElement,
  PlainTextOption,
  SectionBlock,
} from '@slack/types';
import { inline, plain, visible } from '../../cards/escape.ts';
import type { DialogOption } from '../../entries.ts';
import type { Dialog } from '../../message.ts';

/** Every field of a dialog, as its `action_id`: no two blocks of one dialog have the same. */
export const FIELDS = [
  'release',
  'all',
  'labels',
  'management',
  'targets',
  'except',
  'waves',
  'budget',
  'reason',
  'glass',
  'glassReason',
  'override',
  'overrideReason',
  'path',
  'hosts',
  'healthy',
  'product',
  'channel',
  'environment',
  'host',
  'until',
  'strict',
  'resolution',
] as const;
export type Field = (typeof FIELDS)[number];

/** A section holds 3 000 characters; what stands in them is cut before. */
const SECTION = 2_900;
export const REASON_MAX = 500;

export interface DialogSpec {
  /** At most 24 characters. */
  readonly title: string;
  /** Null: there is nothing to submit, and no field. */
  readonly submit: string | null;
  /** Null: nothing that is done here is kept. */
  readonly draftId: string | null;
  readonly blocks: readonly KnownBlock[];
}

export function dialog({ title, submit, draftId, blocks }: DialogSpec): Dialog {
  return {
    type: 'modal',
    // Slack sends an empty one where there is none; stand-ins of it leave it out, and Bolt stumbles.
    callback_id: 'signalbox',
    title: text(title, 24),
    ...(submit === null ? {} : { submit: text(submit, 24) }),
    close: text(submit === null ? 'Close' : 'Cancel', 24),
    ...(draftId === null ? {} : { private_metadata: draftId }),
    blocks: [...blocks],
  };
}

/** Lines of mrkdwn that are escaped already. Those that do not fit are counted in the last one. */
export function section(lines: readonly string[]): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: fitted(lines), verbatim: true } };
}

/** As `section`, small and grey. */
export function note(lines: readonly string[]): ContextBlock {
  return { type: 'context', elements: [{ type: 'mrkdwn', text: fitted(lines), verbatim: true }] };
}

export const divider: DividerBlock = { type: 'divider' };

function fitted(lines: readonly string[]): string {
  let shown = '';
  for (const [index, line] of lines.entries()) {
    const more = index === 0 ? line : `${shown}\n${line}`;
    if (more.length > SECTION) return `${shown}\n… and ${lines.length - index} more`;
    shown = more;
  }
  return shown === '' ? '–' : shown;
}

/** What stands above everything else: why the dialog is still open. A sentence of ours, with names that are not. */
export function notice(sentence: string | null): KnownBlock[] {
  return sentence === null ? [] : [section([`△ *${inline(sentence, 1_500)}*`]), divider];
}

interface FieldSpec {
  readonly field: Field;
  readonly label: string;
  readonly hint?: string | undefined;
  /** What the block is about: another value makes Slack forget what was picked in it. */
  readonly of?: string | number | undefined;
  readonly optional?: boolean | undefined;
}

/** Errors of a field are answered by this. */
export function blockId(field: Field, of?: string | number): string {
  return of === undefined ? field : `${field}:${of}`;
}

/** `live`: Enter tells us, and the dialog follows. */
export function textField(
  spec: FieldSpec & {
    readonly value?: string | undefined;
    readonly placeholder?: string | undefined;
    readonly max: number;
    readonly multiline?: boolean | undefined;
    readonly live?: boolean | undefined;
  },
): InputBlock {
  // Cut in two, a character would be none: Slack refuses the whole dialog.
  const value = visible(spec.value ?? '')
    .slice(0, spec.max)
    .replace(/[\ud800-\udbff]$/, '');
  return input(
    spec,
    {
      type: 'plain_text_input',
      action_id: spec.field,
      max_length: spec.max,
      multiline: spec.multiline ?? false,
      ...(value === '' ? {} : { initial_value: value }),
      ...(spec.placeholder === undefined ? {} : { placeholder: text(spec.placeholder, 150) }),
      ...(spec.live ? { dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] } } : {}),
    },
    spec.live ?? false,
  );
}

/** One of many, found by typing. */
export function typeAhead(
  spec: FieldSpec & { readonly chosen: DialogOption | null; readonly placeholder: string },
): InputBlock {
  return input(spec, {
    type: 'external_select',
    action_id: spec.field,
    min_query_length: 0,
    placeholder: text(spec.placeholder, 150),
    ...(spec.chosen ? { initial_option: option(spec.chosen) } : {}),
  });
}

/** Several of many, found by typing. No more than 100 can be shown as chosen. */
export function typeAheadMany(
  spec: FieldSpec & { readonly chosen: readonly DialogOption[]; readonly placeholder: string },
): InputBlock {
  return input(spec, {
    type: 'multi_external_select',
    action_id: spec.field,
    min_query_length: 0,
    placeholder: text(spec.placeholder, 150),
    ...(spec.chosen.length > 0 ? { initial_options: spec.chosen.slice(0, 100).map(option) } : {}),
  });
}

/** At most ten, each with a box. */
export function boxes(
  spec: FieldSpec & { readonly options: readonly DialogOption[]; readonly chosen: readonly string[] },
): InputBlock {
  const options = spec.options.slice(0, 10).map(option);
  const chosen = options.filter(({ value }) => spec.chosen.includes(value ?? ''));
  return input(spec, {
    type: 'checkboxes',
    action_id: spec.field,
    options,
    ...(chosen.length > 0 ? { initial_options: chosen } : {}),
  });
}

/** A box that stands alone. */
export function box(spec: FieldSpec & { readonly text: string; readonly on: boolean }): InputBlock {
  return boxes({ ...spec, optional: true, options: [{ text: spec.text, value: 'on' }], chosen: spec.on ? ['on'] : [] });
}

export function moment(spec: FieldSpec & { readonly at: number | undefined }): InputBlock {
  return input(spec, {
    type: 'datetimepicker',
    action_id: spec.field,
    ...(spec.at === undefined ? {} : { initial_date_time: Math.floor(spec.at / 1_000) }),
  });
}

/** Whatever is picked tells us at once, unless the element waits for Enter. */
function input(
  { field, label, hint, of, optional = false }: FieldSpec,
  element: InputBlock['element'],
  live = true,
): InputBlock {
  return {
    type: 'input',
    block_id: blockId(field, of),
    label: text(label, 150),
    ...(hint === undefined ? {} : { hint: text(hint, 300) }),
    optional,
    dispatch_action: live,
    element,
  };
}

function option({ text: shown, value }: DialogOption): PlainTextOption {
  return { text: text(shown, 75), value };
}

function text(value: string, max: number): PlainTextElement {
  const shown = plain(value, max);
  return { type: 'plain_text', text: shown === '' ? '–' : shown };
}
