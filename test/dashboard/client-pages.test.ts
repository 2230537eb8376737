import { describe, expect, test } from 'vitest';
import { labelsIn, labelsText } from '../../dashboard/console/channels/label-field.ts';
import { installInstructions } from '../../dashboard/console/clients/instructions.ts';
import { installerText, presenceStates, runText } from '../../dashboard/console/clients/presence-words.ts';
import { environmentStamp, fleetStamp, productStamp } from '../../dashboard/console/clients/stamp.ts';
import { consoleStory } from '../support/console-story.ts';

const given = {
  product: 'orders',
  channel: 'stable',
  artifact: 'package',
  origin: 'https://signalbox.example',
} as const;
const commands = (more: { method: string; version?: string | null; artifact?: 'package' | 'chart' }) =>
  installInstructions({ ...given, version: '2.0.0', ...more }).flatMap(({ command }) => command ?? []);

describe('the instructions of a portal', () => {
  test('are those of the method, with the version that may be deployed', () => {
    expect(commands({ method: 'helm', artifact: 'chart' })).toEqual([
      'helm repo add orders https://signalbox.example/helm/orders/stable --username client --password TOKEN',
      'helm repo update',
      'helm upgrade --install orders orders/orders --version 2.0.0',
    ]);
    expect(commands({ method: 'helm' })[0]).toContain('/api/v1/feed/orders/stable/releases/2.0.0/artifact');
    for (const method of ['kots', 'kurl', 'embedded-cluster', 'managed', 'something-newer']) {
      const steps = installInstructions({ ...given, method, version: '2.0.0' });
      expect(JSON.stringify(steps), method).toContain('2.0.0');
    }
    expect(installInstructions({ ...given, method: 'helm', version: null })).toHaveLength(1);
  });
});

describe('what is said of a client', () => {
  test('names the installer and what runs', () => {
    expect(installerText('kots', '1.128.0')).toBe('KOTS 1.128.0');
    expect(installerText('managed', null)).toBe('Managed by Signalbox');
    expect(runText({ version: '1.0.0', failed: true, hosts: null })).toBe('1.0.0 (failed)');
    expect(runText({ version: null, failed: false, hosts: 1 })).toBe('nothing on 1 host');
  });

  test('never shows as well who is silent', () => {
    expect(presenceStates.inactive.mark).not.toBe('ok');
    expect(presenceStates.never_seen.mark).not.toBe('ok');
  });
});

describe('labels in a field', () => {
  test('read back what they were', () => {
    const labels = { hotfix: 'true', ring: 'a=b' };
    expect(labelsIn(labelsText(labels))).toEqual({ labels, problem: null });
    expect(labelsIn('  ')).toEqual({ labels: {}, problem: null });
    expect(labelsIn('hotfix').problem).toContain('key=value');
  });
});

describe('the stamps that ask anew', () => {
  test('change with what they speak of, and with nothing else', () => {
    const { board } = consoleStory(20, 1_800_000_000_000).story;
    const before = [environmentStamp(board, 1), fleetStamp(board), productStamp(board, 1), productStamp(board, 2)];
    const release = Object.values(board.releases).find(({ productId }) => productId === 1)!;
    const changed = {
      ...board,
      releases: { ...board.releases, [release.id]: { ...release, revision: release.revision + 1 } },
    };
    const after = [
      environmentStamp(changed, 1),
      fleetStamp(changed),
      productStamp(changed, 1),
      productStamp(changed, 2),
    ];
    expect(after.map((stamp, at) => stamp !== before[at])).toEqual([true, true, true, false]);
  });
});
