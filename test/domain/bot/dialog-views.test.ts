import { describe, expect, test } from 'vitest';
import { plain } from '../../../bot/cards/escape.ts';
import { chosenIds, hostOptions, labelOptions, matching, readLabels } from '../../../bot/dialogs/selection.ts';
import { entered } from '../../../bot/dialogs/state.ts';
import { demoteDialog, type DemotionPreview } from '../../../bot/dialogs/views/demote.ts';
import { endedDialog, loadingDialog } from '../../../bot/dialogs/views/ended.ts';
import { holdDialog } from '../../../bot/dialogs/views/hold.ts';
import { installDialog, type InstallFacts } from '../../../bot/dialogs/views/install.ts';
import type { InstallPreview } from '../../../bot/dialogs/views/plan-lines.ts';
import { rollbackDialog, type RollbackFacts } from '../../../bot/dialogs/views/rollback.ts';
import { rejectDialog, resolveDialog } from '../../../bot/dialogs/views/verdict.ts';
import type { Dialog } from '../../../bot/message.ts';
import type { ApprovalView, IncidentView, ReleaseView } from '../../../server/domain/views.ts';
import type { HostChoice } from '../../../server/services/host/choices.ts';
import { problemOf } from '../../support/slack/check.ts';

const HOSTILE = [
  '<!channel>',
  '<https://evil.example|console>',
  '& <@U0ANA00001> *bold* `code`',
  '\u202egnp.exe\u0000\u001b[31m',
  '👩‍👩‍👧‍👦'.repeat(200),
  'x'.repeat(5_000),
  '',
];
const hostile = (index: number) => HOSTILE[index % HOSTILE.length] as string;
const DRAFT = 'a'.repeat(22);

/** What Slack takes; nothing of what we did not write is a link, a mention, or seen otherwise than it is. Answers with all of it. */
function sound(view: Dialog): string {
  expect(problemOf('view', view)).toBeNull();
  for (const { type, text } of textsIn(view.blocks)) {
    expect(text).not.toMatch(/[\u202e\u001b\0]/);
    if (type === 'mrkdwn') expect(text).not.toMatch(/<!channel>|<@U|<https:\/\/evil/);
  }
  return JSON.stringify(view.blocks);
}

function textsIn(value: unknown): { type: string; text: string }[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  if (typeof text === 'string') return [{ type: String(type), text }];
  return Object.values(value).flatMap(textsIn);
}

function fleetOf(count: number, nameOf = (id: number) => `host-${String(id).padStart(4, '0')}`): HostChoice[] {
  return Array.from({ length: count }, (_, index): HostChoice => ({
    id: index + 1,
    name: nameOf(index + 1),
    role: index < 3 ? 'management' : 'target',
    environment: index % 2 ? 'eu-prod' : 'us-prod',
    labels: { rack: String(index % 40), tier: index % 10 ? 'edge' : 'core' },
    version: `1.${index % 4}.0`,
    stop: index % 50 === 49 ? `${nameOf(index + 1)} is in maintenance.` : null,
    outOfService: index % 50 === 49,
  }));
}

const release = (more: Partial<ReleaseView> = {}): ReleaseView => ({
  id: 7,
  revision: 1,
  productId: 1,
  version: '2.0.0',
  digest: 'd'.repeat(64),
  size: 1_000,
  notes: '',
  labels: {},
  required: false,
  archivedAt: null,
  publishedAt: 0,
  package: 'present',
  received: 0,
  downloadedAt: 0,
  downloadProblem: null,
  conflict: null,
  channels: ['stable'],
  demotions: [],
  ...more,
});

function previewOf(hosts: readonly HostChoice[], more: Partial<InstallPreview> = {}): InstallPreview {
  return {
    release: release(),
    hosts: hosts.map(({ id, name, role, version }, index) => {
      const outcome = index % 7 === 0 ? 'skip' : index % 11 === 0 ? 'refuse' : 'install';
      const reason = { code: 'required_first' as const, sentence: `${name} first`, required: ['1.5.0'] };
      const heldBy = index % 13 === 0 ? { code: 'held' as const, sentence: hostile(index) } : null;
      const base = { hostId: id, name, role, wave: Math.ceil((index + 1) / 500), fromVersion: version };
      return { ...base, outcome, reason: outcome === 'refuse' ? reason : null, heldBy, windowClosed: null };
    }),
    approval: null,
    waves: [1, hosts.length - 1],
    plan: {
      waves: [{ count: 1 }, { ppm: 1_000_000, manual: true }],
      maxParallel: 10,
      maxFailures: { count: 0 },
      bakeMs: 300_000,
      onFailure: 'restore',
    },
    refusal: null,
    path: null,
    notes: [],
    leftOut: hosts
      .filter(({ outOfService }) => outOfService)
      .map(({ name }) => ({ host: name, code: 'in_maintenance', sentence: `${hostile(1)} is in maintenance.` })),
    passable: false,
    ...more,
  };
}

const installFacts = (more: Partial<InstallFacts> = {}): InstallFacts => ({
  draftId: DRAFT,
  input: { dialog: 'install', releaseId: 7, hostIds: [], labels: {} },
  chosen: { release: release(), product: 'orders', url: 'https://signalbox.example/releases' },
  hosts: [],
  preview: null,
  problems: [],
  notice: null,
  mayBreakGlass: false,
  defaults: { waves: '1, 25 %, 100 %', maxFailures: '0' },
  ...more,
});

describe('Install Update as a view', () => {
  test('5 000 hosts, all chosen or a hundred of them, stay within every limit', () => {
    const hosts = fleetOf(5_000);
    const input = {
      dialog: 'install' as const,
      releaseId: 7,
      hostIds: hosts.slice(3, 103).map(({ id }) => id),
      labels: {},
    };
    const picked = sound(installDialog(installFacts({ hosts, input, preview: previewOf(hosts.slice(3, 103)) })));
    expect(picked).toContain('multi_external_select');
    expect(picked).not.toContain('checkboxes","action_id":"targets');
    const all = { ...input, hostIds: [], all: true, except: hosts.slice(0, 300).map(({ id }) => id) };
    sound(installDialog(installFacts({ hosts, input: all, preview: previewOf(hosts) })));
    const named = { ...input, hostIds: hosts.slice(0, 2_000).map(({ id }) => id) };
    expect(sound(installDialog(installFacts({ hosts, input: named, preview: previewOf(hosts) })))).toContain(
      '2000 hosts were named when this was opened',
    );
  });

  test('hostile names, notes, labels and reasons are shown as text, and cut', () => {
    const hosts = fleetOf(40, (id) => `${hostile(id)}${id}`).map((host, index) => ({
      ...host,
      environment: hostile(index),
      version: hostile(index + 1),
      labels: { [hostile(index)]: hostile(index + 2) },
    }));
    const demotions = HOSTILE.map((text) => ({ channel: text, at: 0, by: text, reason: text }));
    const input = {
      dialog: 'install' as const,
      releaseId: 7,
      hostIds: hosts.map(({ id }) => id),
      labels: { rack: ['1', '2'], region: 'eu' },
      waves: 'y'.repeat(5_000),
      reason: 'z'.repeat(5_000),
      picks: true,
      breakGlass: true,
    };
    for (const text of HOSTILE) {
      const chosen = {
        release: release({ version: text || '1', notes: text.repeat(3), channels: HOSTILE, demotions }),
        product: text,
        url: 'https://signalbox.example/releases',
      };
      const preview = previewOf(hosts, {
        approval: {
          rule: text,
          required: 2,
          roles: ['approver'],
          allowSelf: false,
          expiresAfterMs: 1,
          startWithinMs: 1,
        },
        passable: true,
        notes: Array.from({ length: 60 }, (_, index) => ({
          version: `${text}${index}`,
          notes: hostile(index).repeat(300),
          required: index % 2 === 0,
        })),
        refusal: { code: 'required_first', sentence: text },
      });
      sound(installDialog(installFacts({ hosts, input, chosen, preview, notice: text, mayBreakGlass: true })));
      sound(installDialog(installFacts({ hosts, input, chosen, problems: [text, text] })));
      sound(endedDialog(text));
    }
  });

  test('few hosts have boxes; without a release there is only the picker', () => {
    const hosts = fleetOf(5);
    const few = sound(installDialog(installFacts({ hosts, preview: previewOf(hosts) })));
    expect(few).toContain('"type":"checkboxes","action_id":"targets"');
    expect(few).not.toContain('"action_id":"labels"');
    const none = installDialog(installFacts({ chosen: null, input: { ...installFacts().input, picks: true } }));
    sound(none);
    expect(none.blocks.filter(({ type }) => type === 'input')).toHaveLength(1);
    sound(loadingDialog('Install Update', DRAFT));
  });

  test('carries the id of its draft and nothing else of what was picked', () => {
    const view = installDialog(installFacts({ hosts: fleetOf(5) }));
    expect(view.private_metadata).toBe(DRAFT);
  });
});

describe('the other dialogs as views', () => {
  test('Roll back with 5 000 hosts of hostile names', () => {
    const facts: RollbackFacts = {
      draftId: DRAFT,
      input: { dialog: 'rollback', jobId: 42, hostIds: null, includeHealthy: false, breakGlass: true },
      product: '<!channel>',
      preview: {
        jobId: 42,
        from: { releaseId: 2, version: hostile(4) },
        hosts: Array.from({ length: 5_000 }, (_, index) => ({
          hostId: index + 1,
          name: `${hostile(index)}${index}`,
          role: 'target' as const,
          reports: '2.0.0',
          liveness: 'live' as const,
          causes: ['failed' as const, 'unhealthy' as const],
          chosen: index % 9 !== 0,
          outcome: index % 5 === 0 ? ('refuse' as const) : ('install' as const),
          target: { releaseId: index % 30, version: hostile(index) },
          onHost: index % 2 === 0,
          warnings: [{ code: 'demoted_rollback' as const, sentence: hostile(index) }],
          reason: { code: index % 10 === 0 ? 'no_known_good' : 'rollback_blocked', sentence: hostile(index) },
        })),
        jobs: Array.from({ length: 30 }, (_, id) => ({ releaseId: id, version: hostile(id), hosts: 9, waves: [1, 8] })),
        stuck: Array.from({ length: 500 }, (_, index) => hostile(index)),
        refusal: null,
        passable: true,
      },
      obstacles: HOSTILE,
      notice: hostile(1),
      mayBreakGlass: true,
    };
    sound(rollbackDialog(facts));
    const hostIds = Array.from({ length: 100 }, (_, index) => index + 1);
    sound(rollbackDialog({ ...facts, input: { ...facts.input, hostIds } }));
    const many = { ...facts.input, hostIds: Array.from({ length: 900 }, (_, index) => index + 1) };
    expect(sound(rollbackDialog({ ...facts, input: many }))).toContain('900 hosts were named');
  });

  test.each(HOSTILE.map((text) => [text.slice(0, 20), text]))(
    'demote, hold, reject and resolve with %j',
    (_name, text) => {
      const environments = Array.from({ length: 200 }, (_, id): DemotionPreview['environments'][number] => ({
        id,
        name: text,
        installerMethod: 'managed',
        hosts: 3,
        running: 1,
        queued: 2,
        installerVersion: null,
        impact: 'disappears_now',
        sentence: text,
      }));
      for (const dialog of ['demote', 'undemote'] as const) {
        const input = { dialog, releaseId: 1, channel: text === '' ? null : text, reason: text };
        const preview = {
          releaseId: 1,
          version: text,
          channel: text,
          demoted: true,
          environments,
          counts: { disappears_now: 200 },
        };
        sound(
          demoteDialog({
            draftId: DRAFT,
            input,
            product: text,
            version: text,
            channels: [text],
            preview,
            notice: text,
          }),
        );
      }
      const hold = { dialog: 'hold' as const, incidentId: null, scope: {}, reason: text };
      const scope = text === '' ? {} : { product: plain(text, 150), host: plain(text, 150) };
      const covered = { hosts: 5_000, jobs: Array.from({ length: 50 }, (_, id) => id) };
      sound(holdDialog({ draftId: DRAFT, input: hold, scope, covered, notice: text }));
      const url = 'https://signalbox.example/approvals/1';
      const approval = { id: 1, jobId: 2, version: text, requester: text, requestedAt: 0 } as ApprovalView;
      sound(rejectDialog({ draftId: DRAFT, approval, product: text, hosts: 1, url, reason: text, notice: text }));
      const incident = {
        id: 1,
        jobId: 2,
        version: text,
        cause: { code: 'x', sentence: text },
      } as unknown as IncidentView;
      sound(resolveDialog({ draftId: DRAFT, incident, product: text, url, resolution: text, notice: text }));
    },
  );
});

describe('what is chosen', () => {
  const hosts = fleetOf(5_000);

  test('type-ahead finds names that begin with the text first, at most a hundred, and Slack takes them', () => {
    const found = hostOptions(hosts, 'host-00');
    expect(found).toHaveLength(99);
    expect(found[0]).toEqual({ text: 'host-0001 · us-prod · 1.0.0', value: '1' });
    expect(hostOptions(hosts, '')).toHaveLength(100);
    expect(hostOptions(hosts, 'eu-prod rack=7').length).toBeGreaterThan(0);
    expect(hostOptions(hosts, 'nowhere')).toEqual([]);
    const named = fleetOf(200, (id) => hostile(id));
    const options = [...hostOptions(named, ''), ...labelOptions(named, '')].map(({ text, value }) => ({
      text: { type: 'plain_text', text },
      value,
    }));
    expect(problemOf('options', { options: options.slice(0, 100) })).toBeNull();
  });

  test('labels: each key has to hold, of its values any; what cannot be chosen never matches', () => {
    const labels = readLabels(['tier=core', 'rack=0', 'rack=10', 'environment=us-prod', 'broken']);
    expect(labels).toEqual({ tier: ['core'], rack: ['0', '10'], environment: ['us-prod'] });
    const found = matching(hosts, labels);
    expect(found.length).toBeGreaterThan(0);
    for (const { labels: own, stop, environment } of found) {
      expect([own['tier'], stop, environment]).toEqual(['core', null, 'us-prod']);
      expect(['0', '10']).toContain(own['rack']);
    }
    expect(labelOptions(hosts, 'tier').map(({ value }) => value)).toEqual(['tier=edge', 'tier=core']);
    expect(labelOptions(hosts, 'TIER=C')).toEqual([{ text: 'tier=core (500)', value: 'tier=core' }]);
  });

  test('Select all is decided by the server: labels, exceptions, and without what is stopped', () => {
    const all = { hostIds: [1], labels: {}, all: true, except: [2, 3] };
    const ids = chosenIds(hosts, all);
    expect(ids).toHaveLength(5_000 - 100 - 2);
    expect(ids).not.toContain(50);
    expect(chosenIds(hosts, { ...all, all: false })).toEqual([1]);
    expect(chosenIds(hosts, { ...all, all: false, hostIds: [1, 1, 9_999] })).toEqual([1, 9_999]);
    expect(chosenIds(hosts, { ...all, all: false, hostIds: [1, 9_999], picks: true })).toEqual([1]);
  });
});

describe('what stands in the fields', () => {
  test('a field that is not shown is undefined, an emptied one null or none, and only our ids are ids', () => {
    const fields = entered({
      'waves.waves': null,
      'reason.reason': '  w\u202eh\u0000y  ',
      'all:1.all': ['on'],
      'targets:1.targets': ['1', 'x', '0', '99999999999', '2'],
      'management:1.management': [],
      'release.release': '7',
      'odd.odd': 'ignored',
    });
    expect(fields.text('waves')).toBeNull();
    expect(fields.text('budget')).toBeUndefined();
    expect(fields.text('reason')).toBe('why');
    expect(fields.on('all')).toBe(true);
    expect(fields.on('glass')).toBeUndefined();
    expect(fields.ids('targets')).toEqual([1, 2]);
    expect(fields.ids('management')).toEqual([]);
    expect(fields.ids('release')).toEqual([7]);
    expect(fields.ids('except')).toBeUndefined();
  });
});
