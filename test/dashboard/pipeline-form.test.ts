import { describe, expect, test } from 'vitest';
import { answeredProblems, pipelineFormProblems } from '../../dashboard/console/pipeline/pipeline-form-problems.ts';
import {
  fitsForm,
  listText,
  partsOf,
  newFilter,
  newStage,
  newWindow,
  pipelineForm,
  pipelineInput,
  type PipelineForm,
  type StageForm,
} from '../../dashboard/console/pipeline/pipeline-form.ts';
import { declaredPipeline, pipelineOf } from '../../server/contracts/pipeline-file.ts';

const channels = ['dev', 'canary', 'stable'];
const written = {
  stages: [
    { source: 'dev', target: 'canary', kind: 'timed', duration: '90m', excludeWeekends: true },
    {
      source: 'canary',
      target: 'stable',
      kind: 'canary',
      filters: [
        { withLabel: { key: 'tier', values: ['gold', 'silver'] } },
        { withoutLabel: { key: 'frozen' } },
        { choose: ['lab-a', 'lab-b'] },
        { exclude: ['lab-c'] },
      ],
      promoteWhenHealthy: { needed: '33.4%', duration: '3d' },
      recallWhenUnhealthy: { needed: 2, duration: '0s' },
      minimumEntityCount: 3,
      requireReleaseLabel: { key: 'ready', values: ['yes'] },
      rollOffAll: true,
    },
  ],
  healthyThreshold: 0.9,
  unhealthyThreshold: 0.125,
  timeZone: 'Europe/Berlin',
  excludeWeekends: false,
  expectsHealth: true,
  terminalIsUnhealthy: true,
  staleAfter: '10m',
  maintenance: { timeZone: 'Asia/Kolkata', windows: [{ days: ['mon', 'sat'], start: '22:00', end: '04:00' }] },
  recall: { downgrade: { floor: '1.2.0' } },
};
const rules = pipelineOf(declaredPipeline.parse(written));

function form(...stages: Partial<StageForm>[]): PipelineForm {
  return {
    ...pipelineForm(null),
    stages: stages.map((stage) => ({ ...newStage('dev', 'canary'), ...stage })),
  };
}
const faults = (of: PipelineForm) => pipelineFormProblems(of, channels);
const canary = (stage: Partial<StageForm>): PipelineForm => form({ kind: 'canary', ...stage });

describe('the form of a pipeline', () => {
  test('says every setting of a pipeline, and gives it back as it was', () => {
    expect(declaredPipeline.parse(pipelineInput(pipelineForm(rules)))).toEqual(declaredPipeline.parse(written));
    expect(fitsForm(rules)).toBe(true);
    expect(faults(pipelineForm(rules))).toEqual({});
  });

  test('starts with the defaults of the rule, which can be saved at once', () => {
    expect(pipelineForm(null)).toMatchObject({
      healthyThreshold: '0.95',
      unhealthyThreshold: '0.05',
      staleAfter: '5m',
      recall: 'forward',
      timeZone: 'UTC',
      excludeWeekends: true,
    });
    expect(faults(form({}))).toEqual({});
    expect(faults(canary({}))).toEqual({});
  });

  test('gives values back as they were, whatever commas and quotes are in them', () => {
    const odd = ['b,c', 'plain', '"said"', 'say "a, b"', ' edge '];
    const stage = {
      source: 'dev',
      target: 'canary',
      kind: 'canary',
      filters: [{ withLabel: { key: 'a', values: odd } }, { choose: ['x', 'z'] }],
      requireReleaseLabel: { key: 'b', values: odd },
    };
    const told = pipelineOf(declaredPipeline.parse({ stages: [stage] }));
    expect(fitsForm(told)).toBe(true);
    const [opened] = pipelineForm(told).stages;
    expect(opened).toMatchObject({ filters: [{ values: listText(odd) }, { environments: 'x, z' }] });
    expect(partsOf(listText(odd))).toEqual(odd);
  });

  test('a list is what stands between commas, and one text where it is in quotes', () => {
    expect(partsOf('a,, b ,')).toEqual(['a', 'b']);
    expect(partsOf('"a, b", c')).toEqual(['a, b', 'c']);
    expect(partsOf('"a, b')).toEqual(['"a', 'b']);
    expect(partsOf('')).toEqual([]);
  });

  test('durations are read with and without a space', () => {
    const spaced = canary({ promote: { on: true, needed: '50 %', duration: '3 d' } });
    expect(faults(spaced)).toEqual({});
    expect(pipelineInput(spaced).stages?.[0]).toMatchObject({ promoteWhenHealthy: { needed: '50%', duration: '3d' } });
  });
});

describe('each fault stands at its field', () => {
  const cases: [string, PipelineForm, string, RegExp][] = [
    ['a timed stage beyond 31 days', form({ duration: '32d' }), 'stages.0.duration', /31 d/],
    ['a duration without a unit', form({ duration: '90' }), 'stages.0.duration', /Must be a duration/],
    [
      'a soak beyond 13 days',
      canary({ promote: { on: true, needed: '1', duration: '14d' } }),
      'stages.0.promoteWhenHealthy.duration',
      /13 d/,
    ],
    [
      'a recall that needs half an entity',
      canary({ recall: { on: true, needed: '1.5', duration: '1h' } }),
      'stages.0.recallWhenUnhealthy.needed',
      /a count such as 2/,
    ],
    [
      'a share above the whole',
      canary({ promote: { on: true, needed: '101%', duration: '1h' } }),
      'stages.0.promoteWhenHealthy.needed',
      /100 %/,
    ],
    ['a minimum that is no number', canary({ minimum: 'two' }), 'stages.0.minimumEntityCount', /whole number/],
    ['a minimum below nothing', canary({ minimum: '-1' }), 'stages.0.minimumEntityCount', /whole number/],
    [
      'a label without a name',
      form({ label: { on: true, key: '', values: '' } }),
      'stages.0.requireReleaseLabel',
      /key/,
    ],
    ['a filter without a label', canary({ filters: [newFilter()] }), 'stages.0.filters.0', /Name the label/],
    [
      'a choice of no environment',
      canary({ filters: [{ ...newFilter(), kind: 'choose' }] }),
      'stages.0.filters.0',
      /at least one environment/,
    ],
    ['a channel that is gone', form({ source: 'beta' }), 'stages.0.source', /no channel beta/],
    ['a stage into itself', form({ target: 'dev' }), 'stages.0.target', /itself/],
    ['a stage twice', form({}, {}), 'stages.1.target', /twice/],
    ['a cycle', form({}, { source: 'canary', target: 'dev' }), 'stages.1.target', /cycle/],
    ['a threshold above one', { ...form(), healthyThreshold: '95' }, 'healthyThreshold', /from 0 to 1/],
    ['a threshold that is empty', { ...form(), unhealthyThreshold: ' ' }, 'unhealthyThreshold', /from 0 to 1/],
    ['a zone that is none', { ...form(), timeZone: 'Berlin' }, 'timeZone', /IANA/],
    [
      'a window without a day',
      { ...form(), windows: [{ ...newWindow(), days: [] }] },
      'maintenance.windows.0',
      /names no day/,
    ],
    [
      'a window at no time of day',
      { ...form(), windows: [{ ...newWindow(), end: '24:00' }] },
      'maintenance.windows.0',
      /24:00/,
    ],
    ['windows in no zone', { ...form(), windows: [newWindow()], windowZone: 'CET+1' }, 'maintenance.timeZone', /IANA/],
    ['a floor that is not named', { ...form(), recall: 'downgrade' }, 'recall', /oldest version/],
    ['a freeze for no time', { ...form(), recall: 'freeze', freeze: '0s' }, 'recall', /duration/],
  ];
  test.each(cases)('%s', (_name, wrong, place, words) => {
    const problems = faults(wrong);
    expect(Object.keys(problems)).toEqual([place]);
    expect(problems[place]).toMatch(words);
  });

  test('what the server finds stands at the same field', () => {
    const message = 'Stage dev → gone: there is no channel gone. Create it first.';
    expect(answeredProblems([{ path: 'stages.2', message }])).toEqual({
      'stages.2.target': 'There is no channel gone. Create it first.',
    });
  });
});
