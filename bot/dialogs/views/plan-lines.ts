import { counted, durationText, listed } from '../../../server/domain/wording.ts';
import { quantityText } from '../../../server/domain/quantity.ts';
import type { previewInstall } from '../../../server/services/install/preview.ts';
import { inline } from '../../cards/escape.ts';
import { leftOutLine } from '../../cards/words.ts';

export type InstallPreview = Awaited<ReturnType<typeof previewInstall.run>>;
type Host = InstallPreview['hosts'][number];

const NAMED = 8;
const SENTENCE = 600;

/** What an install would do, as lines of mrkdwn: what changes, what is skipped or refused and why, and what it waits for. */
export function planLines(preview: InstallPreview, brokenGlass: boolean, override = false): string[] {
  const installs = preview.hosts.filter(({ outcome }) => outcome === 'install');
  const skipped = preview.hosts.filter(({ outcome }) => outcome === 'skip');
  const refused = preview.hosts.filter(({ outcome }) => outcome === 'refuse');
  return [
    `*Plan:* ${total(installs.length, skipped.length, refused.length)}`,
    ...changeLines(installs),
    ...(skipped.length > 0 ? [`• Skipped, this very release is there: ${named(skipped)}`] : []),
    ...leftOutLines(preview),
    ...refusalLines(refused, brokenGlass),
    ...requiredLines(refused),
    waveLine(preview),
    ...holdLines(preview.hosts),
    ...windowLines(preview.hosts, brokenGlass || override),
    approvalLine(preview),
  ];
}

function total(installs: number, skipped: number, refused: number): string {
  const parts = [
    `${counted(installs, 'host')} ${installs === 1 ? 'changes' : 'change'}`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  return listed(parts);
}

/** Hosts out of service, of whom nobody would hear otherwise. */
function leftOutLines(preview: InstallPreview): string[] {
  const line = leftOutLine(preview);
  return line === null ? [] : [line];
}

/** By the version that is replaced, the largest group first. */
function changeLines(installs: readonly Host[]): string[] {
  const groups = [...Map.groupBy(installs, ({ fromVersion }) => fromVersion)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const lines = groups.slice(0, 5).map(([from, hosts]) => {
    const what = from === null ? ', nothing known runs there' : ` from ${inline(from, 60)}`;
    return `• ${counted(hosts.length, 'host')}${what}: ${named(hosts)}`;
  });
  return groups.length > 5 ? [...lines, `• … and ${groups.length - 5} more versions`] : lines;
}

function refusalLines(refused: readonly Host[], brokenGlass: boolean): string[] {
  const groups = [...Map.groupBy(refused, ({ reason }) => reason?.code ?? 'refused').values()];
  const lines = groups.slice(0, 5).map((hosts) => {
    const sentence = inline(hosts[0]?.reason?.sentence ?? 'Refused.', SENTENCE);
    const mark = brokenGlass ? '△ Passed by break-glass' : '✗ Refused';
    return `${mark} on ${named(hosts)}: ${sentence}`;
  });
  return lines.length === 0 || brokenGlass
    ? lines
    : [...lines, '*Nothing is installed while one is refused:* leave them out, or do what it says.'];
}

function requiredLines(refused: readonly Host[]): string[] {
  const required = new Set(refused.flatMap(({ reason }) => (reason?.['required'] ?? []) as readonly string[]));
  if (required.size === 0) return [];
  const names = [...required].slice(0, 10).map((version) => inline(version, 60));
  return [`• Required releases in between: ${listed(names)}`];
}

function waveLine({ hosts, waves, plan }: InstallPreview): string {
  const numbers = [...new Set(hosts.map(({ wave }) => wave))];
  const shown = waves.map((count, index) => {
    const manual = plan.waves[(numbers[index] ?? 0) - 1]?.manual === true;
    return manual ? `${count} (waits for Continue)` : String(count);
  });
  const order = shown.length > 12 ? [...shown.slice(0, 12), '…'] : shown;
  const bake = plan.bakeMs === 0 ? '' : `, ${durationText(plan.bakeMs)} apart`;
  const budget = `more than ${quantityText(plan.maxFailures)} bad halts it`;
  return `• ${counted(waves.length, 'wave')}: ${order.join(' → ')}${bake}; ${budget}`;
}

/** The job starts, and waits there: whoever asks has to know before. */
function holdLines(hosts: readonly Host[]): string[] {
  const held = hosts.filter(({ heldBy, outcome }) => heldBy !== null && outcome === 'install');
  const groups = [...Map.groupBy(held, ({ heldBy }) => heldBy?.sentence ?? '')];
  return groups.slice(0, 3).map(([sentence, stopped]) => {
    return `‖ ${counted(stopped.length, 'host')} would wait: ${inline(sentence, SENTENCE)}`;
  });
}

/** A closed maintenance window keeps hosts waiting as a hold does, unless somebody overrides it. Rule: section 8. */
function windowLines(hosts: readonly Host[], passed: boolean): string[] {
  const closed = hosts.filter(({ windowClosed, outcome }) => windowClosed !== null && outcome !== 'skip');
  const groups = [...Map.groupBy(closed, ({ windowClosed }) => windowClosed?.sentence ?? '')];
  return groups.slice(0, 3).map(([sentence, stopped]) => {
    const what = passed ? '△ Passed' : '‖';
    const then = passed ? 'would have waited' : 'would wait';
    return `${what} ${counted(stopped.length, 'host')} ${then}: ${inline(sentence, SENTENCE)}`;
  });
}

function approvalLine({ approval }: InstallPreview): string {
  if (!approval) return '• Nobody has to approve it';
  const { rule, required, roles, allowSelf, expiresAfterMs } = approval;
  const who = `${counted(required, 'approval')} by ${roles.join(' or ')}`;
  const own = allowSelf ? 'your own counts' : 'your own does not count';
  return `◷ Needs ${who} (rule ${inline(rule, 80)}): ${own}, within ${durationText(expiresAfterMs)}`;
}

export function named(hosts: readonly { readonly name: string }[]): string {
  const names = hosts.slice(0, NAMED).map(({ name }) => inline(name, 60));
  return hosts.length > NAMED ? `${names.join(', ')} and ${hosts.length - NAMED} more` : listed(names);
}
