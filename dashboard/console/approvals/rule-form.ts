import { declaredApproval, declaredApprovalOf } from '../../../server/contracts/fleet.ts';
import type { Api } from '../../../server/contracts/api.ts';
import type { InputOf } from '../../../server/contracts/endpoint.ts';
import type { RuleView } from '../../../server/domain/views.ts';
import { listed } from '../../../server/domain/wording.ts';

type SavedRule = InputOf<Api['approvalRules.save']>;
type Match = NonNullable<SavedRule['match']>;

/** What stands in the fields of a rule. Names stand with commas between them; empty: all of them. */
export interface RuleForm {
  name: string;
  actions: NonNullable<Match['actions']>;
  products: string;
  channels: string;
  /** `tier=gold|silver, region` */
  labels: string;
  required: string;
  roles: NonNullable<SavedRule['roles']>;
  allowSelf: boolean;
  expiresAfter: string;
  startWithin: string;
}

export interface RuleFormResult {
  readonly input: SavedRule;
  readonly problems: Partial<Record<keyof RuleForm, string>>;
}

/** The fields for a rule as it stands, or with the defaults of a new one. Rule: section 11. */
export function ruleForm(rule: RuleView | null): RuleForm {
  const { match, required, ...rest } = rule ? declaredApprovalOf(rule) : emptyRule;
  return {
    ...rest,
    roles: [...rest.roles],
    actions: [...(match.actions ?? [])],
    products: (match.products ?? []).join(', '),
    channels: (match.channels ?? []).join(', '),
    labels: (match.environmentLabels ?? []).map(labelText).join(', '),
    required: String(required),
  };
}

const emptyRule: ReturnType<typeof declaredApprovalOf> = {
  name: '',
  match: {},
  required: 1,
  roles: ['approver'],
  allowSelf: false,
  expiresAfter: '8h',
  startWithin: '1h',
};

/** Reads the form by the contract of fleet files. `taken`: the names that a new rule cannot have. Rule: section 11. */
export function readRuleForm(form: RuleForm, taken: readonly string[]): RuleFormResult {
  const { name, actions, products, channels, labels, required, roles, allowSelf, expiresAfter, startWithin } = form;
  const input: SavedRule = {
    name: name.trim(),
    match: {
      ...(actions.length > 0 ? { actions } : {}),
      ...some('products', parts(products, ',')),
      ...some('channels', parts(channels, ',')),
      ...some('environmentLabels', parts(labels, ',').map(parseLabel)),
    },
    required: Number(required),
    roles,
    allowSelf,
    expiresAfter: expiresAfter.trim(),
    startWithin: startWithin.trim(),
  };
  const parsed = declaredApproval.safeParse(input);
  const issues = parsed.success ? [] : parsed.error.issues;
  const wrong = issues.map(({ path: [field, part], message }) => [fieldOf(String(field), part), message]);
  const double = taken.includes(input.name) ? { name: `There is a rule ${input.name} already. Change that one.` } : {};
  return { input, problems: { ...Object.fromEntries(wrong.toReversed()), ...double } };
}

/** Whether the fields can say the rule: a label with a comma or a bar in it would come back as another rule. */
export function fitsForm(rule: RuleView): boolean {
  return JSON.stringify(readRuleForm(ruleForm(rule), []).input) === JSON.stringify(declaredApprovalOf(rule));
}

function fieldOf(field: string, part: PropertyKey | undefined): string {
  if (field !== 'match') return field;
  return part === 'environmentLabels' ? 'labels' : String(part);
}

function some<K extends string, T>(key: K, list: T[]): Partial<Record<K, T[]>> {
  return list.length === 0 ? {} : ({ [key]: list } as Record<K, T[]>);
}

function parts(text: string, separator: string): string[] {
  return text.split(separator).flatMap((part) => part.trim() || []);
}

function parseLabel(text: string): NonNullable<Match['environmentLabels']>[number] {
  const [key = '', ...rest] = text.split('=');
  return { key: key.trim(), ...some('values', parts(rest.join('='), '|')) };
}

function labelText({ key, values }: { readonly key: string; readonly values?: readonly string[] | undefined }): string {
  return values ? `${key}=${values.join('|')}` : key;
}

/** `Installs of orders on stable where tier=gold` */
export function matchText({ match }: RuleView): string {
  const { actions = [], products, channels, environmentLabels } = match;
  const plans = { 'job.install': 'installs', 'release.rollback': 'rollbacks' } as Record<string, string>;
  const what = actions.length === 0 ? 'every plan' : listed(actions.map((action) => plans[action] ?? action));
  const where = [
    products ? ` of ${listed(products)}` : '',
    channels ? ` on ${listed(channels)}` : '',
    environmentLabels ? ` where ${environmentLabels.map(labelText).join(' and ')}` : '',
  ].join('');
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${where}`;
}
