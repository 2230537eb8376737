/** Slack's limits: `*` is every item of a list. A number is the most characters of a text, or the most items of a list. */
type Limits = Readonly<Record<string, number>>;

const OPTION = { 'text.text': 75, value: 150, 'description.text': 75, url: 3_000 } as const;

const under = (prefix: string, limits: Limits): Limits =>
  Object.fromEntries(Object.entries(limits).map(([path, most]) => [`${prefix}.${path}`, most]));

/** Mean the same wherever they stand. */
export const EVERYWHERE: Limits = {
  block_id: 255,
  action_id: 255,
  'confirm.title.text': 100,
  'confirm.text.text': 300,
  'confirm.confirm.text': 30,
  'confirm.deny.text': 30,
  'placeholder.text': 150,
  options: 100,
  option_groups: 100,
  'option_groups.*.label.text': 75,
  'option_groups.*.options': 100,
  ...under('options.*', OPTION),
  ...under('option_groups.*.options.*', OPTION),
};

export const BY_TYPE: Readonly<Record<string, Limits>> = {
  section: { 'text.text': 3_000, fields: 10, 'fields.*.text': 2_000 },
  header: { 'text.text': 150 },
  context: { elements: 10, 'elements.*.text': 3_000 },
  actions: { elements: 25 },
  image: { image_url: 3_000, alt_text: 2_000, 'title.text': 2_000 },
  input: { 'label.text': 2_000, 'hint.text': 2_000 },
  button: { 'text.text': 75, value: 2_000, url: 3_000, accessibility_label: 75 },
  overflow: { options: 5 },
  checkboxes: { options: 10 },
  radio_buttons: { options: 10 },
  plain_text_input: { initial_value: 3_000 },
  modal: {
    blocks: 100,
    'title.text': 24,
    'submit.text': 24,
    'close.text': 24,
    private_metadata: 3_000,
    callback_id: 255,
    external_id: 255,
  },
};

/** Fields that must not be empty, text or list. */
export const NEVER_EMPTY = new Set(['text', 'elements', 'options', 'fields', 'action_id', 'block_id']);

export const MESSAGE = { blocks: 50, text: 4_000, allText: 9_000 } as const;
export const MODAL_BYTES = 250 * 1_024;
