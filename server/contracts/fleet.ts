import { z } from 'zod';
import { parseSemver } from '../domain/semver.ts';
import { productName, releaseLabels } from './package.ts';

/**
 * A fleet file declares products, channels, environments and hosts. Names are the identity: renaming is removing one and
 * creating another. The YAML text is parsed on the server, so that every client refuses alike.
 */
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'must be 1 to 63 letters, digits, dots, dashes or underscores',
  );
const labels = releaseLabels.default({});

/** What a shell, a line of a plan and a jsonb column can hold alike: no empty step, no way up, no control character. */
const absolutePath = z
  .string()
  .max(1_000)
  .regex(
    /^(?:\/(?!\.{1,2}(?:\/|$))[^/\u0000-\u001f\u007f\ud800-\udfff]+)+$/u,
    'must be an absolute path below /, without . or .. or a slash at its end',
  );

const feedUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
  .max(2_048)
  .regex(/^[^\s\u0000-\u001f\u007f\ud800-\udfff]+$/u, 'contains a space or a control character');

const feed = z.union(
  [z.strictObject({ http: feedUrl }), z.strictObject({ folder: absolutePath })],
  'must be { http: an http(s) URL } or { folder: an absolute path on the server }',
);

const declaredProduct = z.strictObject({
  name: productName,
  versioning: z.enum(['semver', 'sequence']).default('semver'),
  feed: feed.optional(),
  /** minisign public keys, as `minisign -G` prints them. */
  signingKeys: z
    .array(
      z
        .string()
        .regex(/^RW[Q-T][A-Za-z0-9+/]{53}$/, 'must be a minisign public key: 56 characters that begin with RWQ'),
    )
    .max(20)
    .default([]),
  signatureRequired: z.boolean().default(false),
  channels: z.array(name).min(1, 'needs at least one channel').max(50),
  /** The channels that a published release enters at once. */
  entryChannels: z.array(name).min(1, 'needs at least one entry channel'),
});

const clientVersion = z
  .string()
  .max(50)
  .refine((text) => parseSemver(text) !== null, 'must be SemVer, such as 1.128.0');

const installer = z.union(
  [
    z.enum(['managed', 'helm', 'embedded-cluster']),
    z.strictObject({ method: z.enum(['kots', 'kurl']), version: clientVersion }),
  ],
  'must be managed, helm, embedded-cluster, or { method: kots or kurl, version: 1.128.0 }',
);

const declaredEnvironment = z.strictObject({
  name,
  labels,
  installer: installer.default('managed'),
  updatePolicy: z.enum(['manual', 'auto']).default('manual'),
  /** Channel by product. */
  subscriptions: z.record(productName, name).default({}),
});

const hostKey = z
  .string()
  .max(2_000)
  .regex(
    /^(SHA256:[A-Za-z0-9+/]{43}|(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( [^\u0000-\u001f]*)?)$/,
    'must be SHA256:… as ssh-keygen -l prints it, or a public key line',
  )
  .refine(namesItsType, 'is cut off or damaged: copy the whole public key line');

/** A key in wire form begins with its own type, length first; half a line pasted would never match any host. */
function namesItsType(pin: string): boolean {
  const [type = '', key = ''] = pin.split(' ');
  if (type.startsWith('SHA256:')) return true;
  if (key.replace(/=+$/, '').length % 4 === 1) return false;
  return atob(key.replace(/=+$/, '')).startsWith(`\0\0\0${String.fromCharCode(type.length)}${type}`);
}

const ssh = z.strictObject({
  address: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9:][A-Za-z0-9.:_%-]*$/, 'must be a host name or an IP address'),
  port: z.int('must be a whole number').min(1, 'must be 1 to 65535').max(65_535, 'must be 1 to 65535').default(22),
  user: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._@\\+-]*\$?$/, 'must be a user name'),
  /** A file in the server's key folder, or `agent`. */
  identity: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a file name in the key folder, or agent'),
  hostKeys: z.array(hostKey).min(1, 'needs the host key: a host that is not known is never trusted').max(20),
});

const declaredHost = z
  .strictObject({
    name,
    environment: name,
    role: z.enum(['management', 'target']).default('target'),
    labels,
    root: absolutePath,
    life: z.enum(['active', 'maintenance', 'retired']).default('active'),
    ssh: ssh.optional(),
    local: z.literal(true).optional(),
  })
  .refine((host) => (host.ssh === undefined) !== (host.local === undefined), 'needs either ssh or local: true');

export const fleetFile = z.strictObject({
  products: z.array(declaredProduct).default([]),
  environments: z.array(declaredEnvironment).default([]),
  hosts: z.array(declaredHost).default([]),
});

export type FleetFile = z.output<typeof fleetFile>;
export type DeclaredProduct = FleetFile['products'][number];
export type DeclaredEnvironment = FleetFile['environments'][number];
export type DeclaredHost = FleetFile['hosts'][number];

/** JSON Schema of a fleet file, for editors: served at /schemas/fleet.json. */
export function fleetFileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(fleetFile, { io: 'input', unrepresentable: 'any' });
}
