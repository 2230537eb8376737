import { describe, expect, test } from 'vitest';
import {
  fitsForm,
  matchText,
  readRuleForm,
  ruleForm,
  type RuleForm,
} from '../../dashboard/console/approvals/rule-form.ts';
import { approvalRuleOf, declaredApproval } from '../../server/contracts/fleet.ts';
import type { RuleView } from '../../server/domain/views.ts';

function ruleOf(declared: object): RuleView {
  const rule = approvalRuleOf(declaredApproval.parse({ name: 'gold', ...declared }));
  return { ...rule, id: 1, revision: 1, managedBy: null };
}
const everything = {
  match: {
    actions: ['install', 'rollback'],
    products: ['orders', 'edge-agent'],
    channels: ['stable'],
    environmentLabels: [{ key: 'tier', values: ['gold', 'silver'] }, { key: 'region' }],
  },
  required: 2,
  roles: ['approver', 'admin'],
  allowSelf: true,
  expiresAfter: '90m',
  startWithin: '2d',
};

describe('the form of an approval rule', () => {
  test.each([{}, everything])('says a rule back as it was: %o', (declared) => {
    const rule = ruleOf(declared);
    const { input, problems } = readRuleForm(ruleForm(rule), []);
    expect(problems).toEqual({});
    expect(approvalRuleOf(declaredApproval.parse(input))).toEqual(
      approvalRuleOf(declaredApproval.parse({ name: 'gold', ...declared })),
    );
  });

  test('shows a time in the largest unit that says it exactly', () => {
    expect(ruleForm(ruleOf({ expiresAfter: '120m', startWithin: '36h' }))).toMatchObject({
      expiresAfter: '2h',
      startWithin: '36h',
    });
  });

  test('begins with the defaults of the server, and lacks only its name', () => {
    const { input, problems } = readRuleForm(ruleForm(null), []);
    expect(Object.keys(problems)).toEqual(['name']);
    expect(approvalRuleOf(declaredApproval.parse({ ...input, name: 'all' }))).toEqual(
      approvalRuleOf(declaredApproval.parse({ name: 'all' })),
    );
  });

  const mistakes: [field: keyof RuleForm, change: Partial<RuleForm>, says: string][] = [
    ['name', { name: 'no spaces' }, '1 to 63 letters'],
    ['products', { products: 'Orders!' }, 'not a product name'],
    ['channels', { channels: 'sta ble' }, '1 to 63 letters'],
    ['labels', { labels: '=gold' }, 'needs a label key'],
    ['required', { required: '0' }, 'at least 1'],
    ['required', { required: 'two' }, 'whole number'],
    ['roles', { roles: [] }, 'at least one role'],
    ['expiresAfter', { expiresAfter: 'soon' }, 'must be a duration'],
    ['startWithin', { startWithin: '' }, 'must be a duration'],
  ];
  test.each(mistakes)('says beside the field what is wrong: %s in %o', (field, change, says) => {
    const { problems } = readRuleForm({ ...ruleForm(ruleOf({})), ...change }, []);
    expect(Object.keys(problems)).toEqual([field]);
    expect(problems[field]).toContain(says);
  });

  test('is no way to change a rule whose labels its text cannot say: it would become another one', () => {
    const labelled = (value: string) => ruleOf({ match: { environmentLabels: [{ key: 'tier', values: [value] }] } });
    expect([labelled('gold'), labelled('a|b'), labelled('a, b'), labelled('a=b')].map(fitsForm)).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test('lets no new rule take the place of one that is there', () => {
    expect(readRuleForm(ruleForm(ruleOf({})), ['gold']).problems.name).toBe(
      'There is a rule gold already. Change that one.',
    );
  });
});

test.each([
  [{}, 'Every plan'],
  [{ match: { actions: ['install'] } }, 'Installs'],
  [everything, 'Installs and rollbacks of orders and edge-agent on stable where tier=gold|silver and region'],
])('what a rule matches is one line: %o', (declared, line) => {
  expect(matchText(ruleOf(declared))).toBe(line);
});
