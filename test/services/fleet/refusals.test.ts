import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply, everything, plan } from '../../support/fleet.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
let before: Awaited<ReturnType<typeof everything>>;
beforeAll(async () => {
  world = await openWorld();
  await apply(world, { products: [{ name: 'shop', channels: ['stable'], entryChannels: ['stable'] }] });
  before = await everything(world);
});
afterAll(() => world.close());

const product = (more: string) => `products:
  - name: orders
    channels: [dev, stable]
    entryChannels: [dev]
    ${more}
`;
const environment = (more: string) => `environments:
  - name: plant
    ${more}
`;
/** A host in an environment of the same file; `more` stands on line 6. */
const host = (more: string) => `environments:
  - name: plant
hosts:
  - name: line-1
    environment: plant
    ${more}
`;
const ssh = (more: string) =>
  host(`root: /srv/a
    ssh:
      address: 10.0.0.1
      user: deploy
      identity: id_ed25519
      ${more}`);
const key = "hostKeys: ['SHA256:Zb0J5qXyqvYHcZr0m5o8l1E7bq6yQ2t1YxN0pV3kQ9c']";
const bomb = Array.from({ length: 9 }, (_, i) =>
  i === 0
    ? 'a0: &a0 [x]'
    : `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
).join('\n');

const bad: [what: string, file: string, line: number | null, reason: RegExp][] = [
  ['a bracket that is never closed', 'hosts: [', 1, /flow|bracket|\]/i],
  ['a tab as indentation', 'products:\n\t- name: orders\n', 2, /Tabs/],
  ['the same field twice', 'hosts: []\nhosts: []\n', 2, /unique/],
  ['the same field twice deep in it', product('name: other'), 5, /unique/],
  ['two documents', 'hosts: []\n---\nhosts: []\n', 2, /multiple documents/],
  ['an alias without an anchor', 'hosts: *nobody\n', 1, /nobody/],
  ['aliases that would fill the memory', bomb, 1, /alias/i],
  ['nothing', '', null, /declares nothing/],
  ['comments only', '# nothing yet\n', null, /declares nothing/],
  ['a chart from a folder', product('artifact: chart\n    feed: { folder: /srv/feed }'), 6, /charts need an http feed/],
  [
    'a chart on managed hosts',
    `${product('artifact: chart')}environments:\n  - name: plant\n    subscriptions: { orders: dev }\n`,
    8,
    /orders is a chart, which managed hosts cannot install/,
  ],
  ['a check at no time', environment('checkEvery: sometimes'), 3, /must be a duration such as 4h, or never/],
  ['a list', '- name: orders\n', 1, /expected object/],
  ['a field that does not exist', product('chanels: [x]'), 5, /chanels: no such field.*known here: name, versioning/],
  ['a section that does not exist', 'hosts: []\nservers: []\n', 2, /servers: no such field/],
  ['a field that is missing', 'products:\n  - name: orders\n    entryChannels: []\n', 2, /channels: is missing/],
  ['a product name with a slash', "products:\n  - name: 'a/b'\n", 2, /is not a product name/],
  ['a channel name with a space', product("versioning: semver\n    signingKeys: ['x y']"), 6, /minisign/],
  ['another versioning', product('versioning: calver'), 5, /semver/],
  ['no channel at all', 'products:\n  - { name: a, channels: [], entryChannels: [] }\n', 2, /at least one/],
  ['a channel twice', 'products:\n  - { name: a, channels: [x, x], entryChannels: [x] }\n', 2, /x is declared twice/],
  [
    'an entry channel twice',
    'products:\n  - { name: a, channels: [x], entryChannels: [x, x] }\n',
    2,
    /x is declared twice/,
  ],
  [
    'an entry channel that is no channel',
    'products:\n  - name: a\n    channels: [x]\n    entryChannels:\n      - y\n',
    5,
    /y is not one of the product's channels: x/,
  ],
  ['a feed of no kind', product('feed: { url: https://example.com }'), 5, /http\(s\) URL.*folder/],
  ['a feed of two kinds', product('feed: { http: https://example.com/, folder: /srv }'), 5, /http\(s\) URL/],
  ['a feed that is no URL', product('feed: { http: releases.example.com }'), 5, /URL/],
  ['a feed over ftp', product('feed: { http: ftp://example.com/x }'), 5, /http/],
  ['a feed folder relative to who knows what', product('feed: { folder: releases }'), 5, /absolute/],
  ['a signature demanded without keys', product('signatureRequired: true'), 5, /no signingKeys/],
  ['a signing key that is cut off', product('signingKeys: [RWQf6LRCGA9i53mlYec]'), 5, /minisign public key/],
  ['a signing key of another kind', product(`signingKeys: [RWA${'a'.repeat(53)}]`), 5, /minisign public key/],
  ['an environment twice', 'environments:\n  - name: a\n  - name: a\n', 3, /a is declared twice/],
  ['an installer nobody knows', environment('installer: ansible'), 3, /managed, helm/],
  [
    'an installer version that is a number',
    environment('installer: { method: kots, version: 1.12 }'),
    3,
    /managed|quotes/,
  ],
  ['an installer version that is no SemVer', environment('installer: { method: kots, version: latest }'), 3, /SemVer/],
  ['an update policy nobody knows', environment('updatePolicy: always'), 3, /manual/],
  ['a subscription to no product', environment('subscriptions: { nothing: stable }'), 3, /no product nothing/],
  ['a subscription to no channel', environment('subscriptions: { shop: canary }'), 3, /shop has no channel canary/],
  ['a label that is a number', environment('labels: { line: 007 }'), 3, /labels\.line: .*quotes/],
  ['a label without a value', environment('labels: { line: }'), 3, /labels\.line: .*quotes/],
  ['a label that is a list', environment('labels: { line: [1] }'), 3, /expected string/],
  ['a label with a NUL', environment('labels: { line: "a\\0b" }'), 3, /NUL|control/],
  ['a label with half a character', environment('labels: { line: "\\uD800" }'), 3, /surrogate/],
  ['a label key with a space', environment("labels: { 'a b': x }"), 3, /not a label key/],
  [
    'a host twice',
    `${host('root: /a\n    local: true')}  - { name: line-1, environment: plant, root: /a, local: true }`,
    8,
    /line-1 is declared twice/,
  ],
  [
    'a host nowhere',
    'hosts:\n  - { name: a, environment: nowhere, root: /a, local: true }\n',
    2,
    /no environment nowhere/,
  ],
  ['a relative root', host('root: srv/a\n    local: true'), 6, /absolute path/],
  ['a root with a way up', host('root: /srv/../etc\n    local: true'), 6, /absolute path/],
  ['the root of all', host('root: /\n    local: true'), 6, /absolute path/],
  ['a root over two lines', host('root: "/srv\\nkind=rollback"\n    local: true'), 6, /absolute path/],
  ['a role nobody knows', host('role: boss'), 6, /management/],
  ['neither ssh nor local', host('root: /a'), 4, /either ssh or local/],
  ['both ssh and local', `${ssh(key)}    local: true\n`, 4, /either ssh or local/],
  ['a port that does not exist', ssh(`${key}\n      port: 65536`), 12, /65535/],
  ['a port as text', ssh(`${key}\n      port: ssh`), 12, /must be a whole number/],
  ['no host key', ssh('hostKeys: []'), 11, /never trusted/],
  ['a host key left out', ssh('port: 22'), 7, /hostKeys: is missing/],
  ['half a fingerprint', ssh("hostKeys: ['SHA256:abc']"), 11, /ssh-keygen/],
  ['half a public key', ssh('hostKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1]'), 11, /cut off/],
  ['a public key of another type', ssh('hostKeys: [ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIB]'), 11, /damaged/],
  [
    'an identity outside the key folder',
    ssh(`${key}\n      identity: ../id`).replace('      identity: id_ed25519\n', ''),
    11,
    /key folder/,
  ],
  ['an address that ssh would take for an option', ssh(key).replace('10.0.0.1', '-oProxyCommand=x'), 8, /host name/],
  ['a user with a space', ssh(key).replace('deploy', "'a b'"), 9, /user name/],
];

test.each(bad)('%s is refused with its line and the reason', async (_what, text, line, reason) => {
  const refusal = await apply(world, text).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: 'Refusal', code: 'invalid_fleet' });
  const { errors = [], message } = refusal as { errors?: { path: string; message: string }[]; message: string };
  const place = line === null ? 'fleet.yaml' : `fleet.yaml:${line}`;
  expect(errors).toContainEqual({ path: place, message: expect.stringMatching(reason) });
  expect(message).toMatch(/^fleet\.yaml refused, nothing was changed: .*[^.]\. Mend the file and apply it again\.$/s);
  await expect(plan(world, text)).rejects.toMatchObject({ code: 'invalid_fleet' });
});

test('none of them changed anything', async () => {
  expect(await everything(world)).toEqual(before);
});

test('everything that is wrong is told at once, in the order of the file', async () => {
  const text = `${product('versioning: calver')}${environment('updatePolicy: always')}`;
  const { errors } = (await apply(world, text).catch((error: unknown) => error)) as { errors: { path: string }[] };
  expect(errors.map(({ path }) => path)).toEqual(['fleet.yaml:5', 'fleet.yaml:8']);
});

test('a file without a name is refused: it would own nothing', async () => {
  for (const file of ['', '  ', 'a\nb', 'a\0b']) {
    await expect(apply(world, 'hosts: []', { file })).rejects.toMatchObject({ code: 'malformed' });
  }
});
