import { declaredPipeline, pipelineProblems } from '../../../server/contracts/pipeline-file.ts';
import { partsOf, pipelineInput, type FilterForm, type PipelineForm } from './pipeline-form.ts';

/** What is wrong, by the place of the field: `stages.0.promoteWhenHealthy.duration`. The first fault of a field counts. */
export type FormProblems = Readonly<Record<string, string>>;

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Faults of the form beside their fields, by the contract and the rule. `channels`: names that the product has. */
export function pipelineFormProblems(form: PipelineForm, channels: readonly string[]): FormProblems {
  const parsed = declaredPipeline.safeParse(pipelineInput(form));
  const issues = parsed.success
    ? pipelineProblems(parsed.data, channels).map(placed)
    : parsed.error.issues.filter(canBeJudgedHere).map((issue) => worded(issue));
  return firstOf([...ownIssues(form), ...issues]);
}

/** The faults that a server's answer names, beside the same fields. */
export function answeredProblems(errors: readonly { path: string; message: string }[]): FormProblems {
  return firstOf(errors.map(({ path, message }) => placed({ path: path.split('.'), message })));
}

function firstOf(issues: readonly Issue[]): FormProblems {
  const found: Record<string, string> = {};
  for (const { path, message } of issues) found[fieldOf(path.join('.'))] ??= message;
  return found;
}

/** A filter, a window, a label and the strategy are one field each, whatever is wrong inside. */
function fieldOf(path: string): string {
  const [field] = /^(recall|maintenance\.windows\.\d+|stages\.\d+\.(filters\.\d+|requireReleaseLabel))(?=\.)/.exec(
    path,
  ) ?? [path];
  return field;
}

/** What the contract would say of them is about the file, not about a field. */
function ownIssues(form: PipelineForm): Issue[] {
  const filters = form.stages.flatMap(({ kind, filters: own }, stage) =>
    kind === 'canary' ? own.flatMap((filter, at) => filterIssue(filter, ['stages', stage, 'filters', at])) : [],
  );
  const floor =
    form.recall === 'downgrade' && form.floor.trim() === ''
      ? [{ path: ['recall'], message: 'Name the oldest version that hosts may go back to.' }]
      : [];
  const freeze =
    form.recall === 'freeze' && !/^\s*[1-9]\d{0,4}\s*[smhd]\s*$/.test(form.freeze)
      ? [{ path: ['recall'], message: 'A duration from 1s on, such as 12h or 2d.' }]
      : [];
  return [...filters, ...floor, ...freeze];
}

function filterIssue({ kind, key, environments }: FilterForm, path: PropertyKey[]): Issue[] {
  if (kind === 'withLabel' || kind === 'withoutLabel') {
    return key.trim() === '' ? [{ path, message: 'Name the label.' }] : [];
  }
  return partsOf(environments).length === 0 ? [{ path, message: 'Name at least one environment.' }] : [];
}

const numberWords: Readonly<Record<string, string>> = {
  healthyThreshold: 'A number from 0 to 1, such as 0.95.',
  unhealthyThreshold: 'A number from 0 to 1, such as 0.05.',
  needed: 'Write a count such as 2, or a share from 0 % to 100 % such as 50%.',
  minimumEntityCount: 'A whole number from 0 on, or nothing.',
};

function worded({ path, message }: Issue): Issue {
  const words = numberWords[String(path.at(-1))];
  const sentence = words ?? `${message.charAt(0).toUpperCase()}${message.slice(1)}.`.replace(/\.\.$/, '.');
  return { path, message: sentence };
}

/** Without Temporal no zone can be told here: the server says it. */
function canBeJudgedHere({ path }: Issue): boolean {
  return 'Temporal' in globalThis || path.at(-1) !== 'timeZone';
}

/** The rule speaks of a stage as a whole: its sentence says which field it means. */
const fields: readonly (readonly [RegExp, (found: RegExpExecArray) => readonly string[]])[] = [
  [
    /^(promoteWhenHealthy|recallWhenUnhealthy): (needed|duration)\b/,
    ([, condition = '', field = '']) => [condition, field],
  ],
  [/^duration\b/, () => ['duration']],
  [/^minimumEntityCount\b/, () => ['minimumEntityCount']],
  [/^requireReleaseLabel\b/, () => ['requireReleaseLabel']],
];

function placed({ path, message }: Issue): Issue {
  if (path.length !== 2 || path[0] !== 'stages') return worded({ path, message });
  const [, transition = '', rest = message] = /^Stage (.+? → .+?)(?::| (?=leads|is there)) ?(.*)$/.exec(message) ?? [];
  for (const [pattern, placeOf] of fields) {
    const found = pattern.exec(rest);
    if (found)
      return worded({ path: [...path, ...placeOf(found)], message: rest.replace(/^\w+WhenU?n?[hH]ealthy: /, '') });
  }
  const unknown = /there is no channel (.+)\. Create/.exec(rest)?.[1];
  const [source] = transition.split(' → ');
  return worded({ path: [...path, unknown !== undefined && unknown === source ? 'source' : 'target'], message: rest });
}
