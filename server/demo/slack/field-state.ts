import type { Json, SlackView } from './workspace.ts';

/** What somebody enters: text, the value of an option, several of them, or nothing. */
export type Entered = string | number | readonly string[] | null;

const chosenOf: Readonly<Record<string, string>> = {
  users_select: 'selected_user',
  channels_select: 'selected_channel',
  conversations_select: 'selected_conversation',
  datepicker: 'selected_date',
  timepicker: 'selected_time',
  datetimepicker: 'selected_date_time',
};

/** The elements of a block that hold or report something. */
export function elementsOf(block: Json): Json[] {
  const found = [block['element'], block['accessory'], ...((block['elements'] as Json[] | undefined) ?? [])];
  return found.filter((each): each is Json => typeof each === 'object' && each !== null && 'action_id' in each);
}

/** Every field of the blocks with what it holds: what it held before, else what the app puts there. */
export function initialState(blocks: readonly Json[], before: SlackView['state']): SlackView['state'] {
  const state: SlackView['state'] = {};
  for (const block of blocks) {
    for (const element of elementsOf(block)) {
      if (!hasState(element)) continue;
      const [blockId, actionId] = [String(block['block_id']), String(element['action_id'])];
      const held = before[blockId]?.[actionId];
      (state[blockId] ??= {})[actionId] = held && held['type'] === element['type'] ? held : initial(element);
    }
  }
  return state;
}

function hasState({ type }: Json): boolean {
  return !['button', 'overflow', 'image', 'workflow_button', undefined].includes(type as string | undefined);
}

function initial(element: Json): Json {
  const type = String(element['type']);
  if (element['initial_options'] !== undefined || isMany(type)) {
    return { type, selected_options: element['initial_options'] ?? [] };
  }
  if (isOne(type)) return { type, selected_option: element['initial_option'] ?? null };
  const chosen = chosenOf[type];
  if (chosen !== undefined) return { type, [chosen]: element[chosen.replace('selected_', 'initial_')] ?? null };
  return { type, value: element['initial_value'] ?? null };
}

/** State as Slack sends it for what was entered. Throws when an option is not there: nobody could have picked it. */
export function stateOf(element: Json, entered: Entered, offered: readonly Json[] = []): Json {
  const type = String(element['type']);
  if (isMany(type)) {
    const values = entered === null ? [] : typeof entered === 'object' ? entered : [String(entered)];
    return { type, selected_options: values.map((value) => optionOf(element, value, offered)) };
  }
  if (isOne(type)) {
    return { type, selected_option: entered === null ? null : optionOf(element, String(entered as string), offered) };
  }
  const chosen = chosenOf[type];
  if (chosen !== undefined) return { type, [chosen]: entered };
  return { type, value: entered === null || entered === '' ? null : String(entered as string) };
}

export function isEmpty(state: Json | undefined): boolean {
  const held = Object.entries(state ?? {}).filter(([key]) => key !== 'type');
  return held.every(([, value]) => value === null || value === '' || (Array.isArray(value) && value.length === 0));
}

/** Options of a select, a radio group or check boxes, groups laid flat. */
export function optionsOf(element: Json): Json[] {
  const groups = (element['option_groups'] as { options: Json[] }[] | undefined) ?? [];
  return [...((element['options'] as Json[] | undefined) ?? []), ...groups.flatMap(({ options }) => options)];
}

function optionOf(element: Json, value: string, offered: readonly Json[]): Json {
  const initially = [element['initial_option'], ...((element['initial_options'] as Json[] | undefined) ?? [])];
  const all = [...optionsOf(element), ...offered, ...initially.filter((each) => each !== undefined)] as Json[];
  const option = all.find((each) => each['value'] === value);
  if (option) return option;
  throw new Error(
    `${String(element['action_id'])} offers no option ${value}: ${all.map((each) => each['value']).join(', ')}`,
  );
}

function isMany(type: string): boolean {
  return type.startsWith('multi_') || type === 'checkboxes';
}

function isOne(type: string): boolean {
  return type === 'static_select' || type === 'external_select' || type === 'radio_buttons';
}
