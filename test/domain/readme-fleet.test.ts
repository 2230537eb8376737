import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { fleetFile } from '../../server/contracts/fleet.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [, example = ''] = /```yaml\n([^]*?)```/.exec(readme) ?? [];

test('the hosts of the README are a fleet file as the server reads it, with every way to a host', () => {
  const { hosts } = fleetFile.parse(parse(example));
  expect(hosts.map(({ ssh, become, life }) => [ssh?.transport, become, life])).toEqual([
    ['ssh2', 'sudo', 'active'],
    ['openssh', 'none', 'maintenance'],
  ]);
  const fields = ['certificate', 'config', 'jump'] as const;
  for (const field of fields) expect(hosts[1]?.ssh?.[field], field).toBeDefined();
});
