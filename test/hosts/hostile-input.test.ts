import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { REFUSED_DOWNLOADS } from '../support/hostile/downloads.ts';
import {
  BROKEN_ON_HOST,
  HOOKS_ON_HOST,
  HOSTILE_ON_HOST,
  MILLION_ON_HOST,
  SHRUNK_ON_HOST,
  SPARSE_ON_HOST,
} from '../support/hostile/host-packages.ts';
import { DAMAGED, HOSTILE } from '../support/hostile/server-packages.ts';
import { HOST_TROUBLES, SOCKET_TROUBLES } from '../support/hostile/ssh-troubles.ts';

interface Row {
  readonly what: string;
  readonly code: string;
}

const PARTS: readonly (readonly [title: string, file: string, rows: readonly Row[]])[] = [
  ['Packages, when the server reads them', 'test/services/feeds/package.test.ts', [...HOSTILE, ...DAMAGED]],
  ['Packages, while the server downloads them', 'test/services/worker/downloads.test.ts', REFUSED_DOWNLOADS],
  [
    'Packages, on the host',
    'test/hosts/hostile-packages.test.ts',
    [...HOSTILE_ON_HOST, ...BROKEN_ON_HOST, MILLION_ON_HOST, SPARSE_ON_HOST, SHRUNK_ON_HOST],
  ],
  ['Hooks, on the host', 'test/hosts/hostile-packages.test.ts', HOOKS_ON_HOST],
  ['The way to the host', 'test/hosts/ssh-troubles.test.ts', [...SOCKET_TROUBLES, ...HOST_TROUBLES]],
];
const ALL = PARTS.flatMap(([, , rows]) => rows);

test('the page of hostile input is made of the rows that the tests run, all of them and nothing else', async () => {
  const options = { ...(await resolveConfig(import.meta.filename)), parser: 'markdown' };
  await expect(await format(page(), options)).toMatchFileSnapshot('../../docs/hostile-input.md');
});

test('there are at least sixty rows, none of them twice in its part', () => {
  expect(ALL.length).toBeGreaterThanOrEqual(60);
  for (const [title, , rows] of PARTS) {
    expect(new Set(rows.map(({ what }) => what)).size, title).toBe(rows.length);
  }
});

function page(): string {
  return `# Hostile and broken input

What strangers may send, and what becomes of it: ${ALL.length} rows, each a test. \`done\` means: survived, and the
attempt goes on. This page is written by \`npx vitest run -u --project hosts test/hosts/hostile-input.test.ts\` from the
rows that the tests run; the test fails when it is not what they say.

The host believes no server: it checks size and digest of what arrives, every name in it before a byte is written, and
the tree after that. Product and version of \`release.json\` and the signature are judged by the server alone. On the host
the digest stands for them: other bytes than those that the server has judged are refused as \`digest_mismatch\`.

The rows about the way to the host are met by both transports, \`ssh2\` and \`openssh\`; those that need a shell at a
server of the ssh2 library and, where the machine has it, at OpenSSH's.

${PARTS.map(part).join('\n')}`;
}

function part([title, file, rows]: (typeof PARTS)[number]): string {
  const lines = rows.map(
    ({ what, code }) => `| ${what.replaceAll('|', '\\|').replaceAll(' -> ', ' → ')} | \`${code}\` |`,
  );
  return `## ${title}\n\n${rows.length} rows, in \`${file}\`.\n\n| what | code |\n| --- | --- |\n${lines.join('\n')}\n`;
}
