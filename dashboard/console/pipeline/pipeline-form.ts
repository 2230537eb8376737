import type { z } from 'zod';
import { declaredPipeline, declaredPipelineOf } from '../../../server/contracts/pipeline-file.ts';
import type { PipelineRules } from '../../../server/contracts/pipeline-file.ts';
import type { Weekday } from '../../../server/domain/windows.ts';

/** A pipeline as its declaration writes it: what the form starts with and what it sends. */
export type PipelineInput = z.input<typeof declaredPipeline>;
type StageInput = NonNullable<PipelineInput['stages']>[number];
type CanaryInput = Extract<StageInput, { kind: 'canary' }>;
type FilterInput = NonNullable<CanaryInput['filters']>[number];
type ConditionInput = NonNullable<CanaryInput['promoteWhenHealthy']>;
type LabelInput = NonNullable<StageInput['requireReleaseLabel']>;

export type FilterKind = 'withLabel' | 'withoutLabel' | 'choose' | 'exclude';

/** One filter as it stands in its fields; those of the other kinds keep what was typed. */
export interface FilterForm {
  kind: FilterKind;
  key: string;
  /** A list as `partsOf` reads it; empty: the key alone. */
  values: string;
  environments: string;
}

export interface ConditionForm {
  on: boolean;
  /** `2` or `50%`. */
  needed: string;
  duration: string;
}

export interface LabelForm {
  on: boolean;
  key: string;
  values: string;
}

export interface StageForm {
  /** For the list on the page only. */
  key: number;
  source: string;
  target: string;
  kind: StageInput['kind'];
  duration: string;
  excludeWeekends: boolean;
  filters: FilterForm[];
  promote: ConditionForm;
  recall: ConditionForm;
  /** Empty: none. */
  minimum: string;
  label: LabelForm;
  rollOffAll: boolean;
}

export interface WindowForm {
  days: Weekday[];
  start: string;
  end: string;
}

export interface PipelineForm {
  stages: StageForm[];
  healthyThreshold: string;
  unhealthyThreshold: string;
  timeZone: string;
  excludeWeekends: boolean;
  expectsHealth: boolean;
  terminalIsUnhealthy: boolean;
  staleAfter: string;
  windowZone: string;
  windows: WindowForm[];
  recall: 'forward' | 'downgrade' | 'freeze';
  floor: string;
  freeze: string;
}

let keys = 0;

export function newFilter(): FilterForm {
  return { kind: 'withLabel', key: '', values: '', environments: '' };
}

export function newWindow(): WindowForm {
  return { days: ['mon', 'tue', 'wed', 'thu'], start: '09:00', end: '16:00' };
}

/** A stage that may be saved as it is, with the defaults of the rule. Rule: section 7. */
export function newStage(source: string, target: string): StageForm {
  return {
    key: ++keys,
    source,
    target,
    kind: 'timed',
    duration: '1d',
    excludeWeekends: false,
    filters: [],
    promote: { on: true, needed: '1', duration: '1d' },
    recall: { on: true, needed: '1', duration: '1h' },
    minimum: '',
    label: { on: false, key: '', values: '' },
    rollOffAll: false,
  };
}

/** The fields for a pipeline as it stands, or with the defaults of a new one. */
export function pipelineForm(rules: PipelineRules | null): PipelineForm {
  const declared = rules ? declaredPipelineOf(rules) : declaredPipeline.parse({});
  const { stages = [], maintenance, recall = 'forward' } = declared as PipelineInput;
  const { timeZone = 'UTC', excludeWeekends = true, expectsHealth = false, terminalIsUnhealthy = false } = declared;
  return {
    stages: stages.map(stageForm),
    healthyThreshold: String(declared.healthyThreshold),
    unhealthyThreshold: String(declared.unhealthyThreshold),
    timeZone,
    excludeWeekends,
    expectsHealth,
    terminalIsUnhealthy,
    staleAfter: rules ? String(declared.staleAfter) : '5m',
    windowZone: maintenance?.timeZone ?? timeZone,
    windows: (maintenance?.windows ?? []).map((window) => ({ ...window, days: [...window.days] })),
    recall: typeof recall === 'string' ? recall : 'downgrade' in recall ? 'downgrade' : 'freeze',
    floor: typeof recall === 'object' && 'downgrade' in recall ? recall.downgrade.floor : '',
    freeze: typeof recall === 'object' && 'freeze' in recall ? recall.freeze : '2d',
  };
}

function stageForm(stage: StageInput): StageForm {
  const form = newStage(stage.source, stage.target);
  const label = labelForm(stage.requireReleaseLabel);
  if (stage.kind === 'timed') {
    return { ...form, label, duration: stage.duration, excludeWeekends: stage.excludeWeekends ?? false };
  }
  return {
    ...form,
    kind: 'canary',
    label,
    filters: (stage.filters ?? []).map(filterForm),
    promote: conditionForm(stage.promoteWhenHealthy, form.promote),
    recall: conditionForm(stage.recallWhenUnhealthy, form.recall),
    minimum: stage.minimumEntityCount === undefined ? '' : String(stage.minimumEntityCount),
    rollOffAll: stage.rollOffAll ?? false,
  };
}

function conditionForm(condition: ConditionInput | undefined, empty: ConditionForm): ConditionForm {
  if (!condition) return { ...empty, on: false };
  return { on: true, needed: String(condition.needed), duration: condition.duration };
}

function labelForm(label: LabelInput | undefined): LabelForm {
  return { on: label !== undefined, key: label?.key ?? '', values: listText(label?.values ?? []) };
}

function filterForm(filter: FilterInput): FilterForm {
  if ('choose' in filter) return { ...newFilter(), kind: 'choose', environments: listText(filter.choose) };
  if ('exclude' in filter) return { ...newFilter(), kind: 'exclude', environments: listText(filter.exclude) };
  const kind = 'withLabel' in filter ? 'withLabel' : 'withoutLabel';
  const { key, values = [] } = 'withLabel' in filter ? filter.withLabel : filter.withoutLabel;
  return { ...newFilter(), kind, key, values: listText(values) };
}

/** What the form says, as a fleet file would write it; faults are `pipelineFormProblems`. */
export function pipelineInput(form: PipelineForm): PipelineInput {
  const { timeZone, excludeWeekends, expectsHealth, terminalIsUnhealthy, staleAfter } = form;
  return {
    stages: form.stages.map(stageInput),
    healthyThreshold: numberOf(form.healthyThreshold),
    unhealthyThreshold: numberOf(form.unhealthyThreshold),
    timeZone: timeZone.trim(),
    excludeWeekends,
    expectsHealth,
    terminalIsUnhealthy,
    staleAfter: compact(staleAfter),
    ...(form.windows.length > 0
      ? { maintenance: { timeZone: form.windowZone.trim(), windows: form.windows.map((window) => ({ ...window })) } }
      : {}),
    recall: recallInput(form),
  };
}

function stageInput(form: StageForm): StageInput {
  const { source, target, label } = form;
  const requireReleaseLabel = label.on
    ? { requireReleaseLabel: { key: label.key.trim(), ...valuesOf(label.values) } }
    : {};
  if (form.kind === 'timed') {
    const { excludeWeekends, duration } = form;
    return { source, target, kind: 'timed', duration: compact(duration), excludeWeekends, ...requireReleaseLabel };
  }
  return {
    source,
    target,
    kind: 'canary',
    filters: form.filters.map(filterInput),
    ...(form.promote.on ? { promoteWhenHealthy: conditionInput(form.promote) } : {}),
    ...(form.recall.on ? { recallWhenUnhealthy: conditionInput(form.recall) } : {}),
    ...(form.minimum.trim() === '' ? {} : { minimumEntityCount: numberOf(form.minimum) }),
    ...requireReleaseLabel,
    rollOffAll: form.rollOffAll,
  };
}

export function filterInput({ kind, key, values, environments }: FilterForm): FilterInput {
  if (kind === 'choose') return { choose: partsOf(environments) };
  if (kind === 'exclude') return { exclude: partsOf(environments) };
  const label = { key: key.trim(), ...valuesOf(values) };
  return kind === 'withLabel' ? { withLabel: label } : { withoutLabel: label };
}

function conditionInput({ needed, duration }: ConditionForm): ConditionInput {
  const text = compact(needed);
  return { needed: /^\d+$/.test(text) ? Number(text) : text, duration: compact(duration) };
}

function recallInput({ recall, floor, freeze }: PipelineForm): PipelineInput['recall'] {
  if (recall === 'forward') return 'forward';
  return recall === 'downgrade' ? { downgrade: { floor: floor.trim() } } : { freeze: compact(freeze) };
}

/** `50 %` and `2 d` as the contract writes them. */
function compact(text: string): string {
  return text.replaceAll(/\s+/g, '');
}

/** NaN for an empty field: `Number('')` would be 0. */
function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

/** One part of a list: in quotes, where two of them are one, or as it stands up to the comma. */
const PART = /\s*(?:"((?:[^"]|"")*)"\s*(?=,|$)|([^,]*))(?:,|$)/g;

/** The parts of a list as a field holds it: with commas between them, in quotes what has a comma of its own. */
export function partsOf(text: string): string[] {
  return [...text.matchAll(PART)].flatMap(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? (plain.trim() || []),
  );
}

/** The field for these parts: `partsOf` finds them in it again. */
export function listText(parts: readonly string[]): string {
  return parts.map((part) => (/[",]|^\s|\s$|^$/.test(part) ? `"${part.replaceAll('"', '""')}"` : part)).join(', ');
}

function valuesOf(text: string): { values?: string[] } {
  const values = partsOf(text);
  return values.length > 0 ? { values } : {};
}

/** Whether the fields can say the pipeline as it stands. */
export function fitsForm(rules: PipelineRules): boolean {
  const told = declaredPipeline.parse(declaredPipelineOf(rules));
  const read = declaredPipeline.safeParse(pipelineInput(pipelineForm(rules)));
  return read.success && JSON.stringify(read.data) === JSON.stringify(told);
}
