import { z } from 'zod';
import { productName } from './package.ts';

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
const labels = z.record(z.string().max(63), z.coerce.string().max(256)).default({});

const feed = z.union([
  z.strictObject({ http: z.url({ protocol: /^https?$/ }) }),
  z.strictObject({ folder: z.string().min(1).max(1_000) }),
]);

const declaredProduct = z.strictObject({
  name: productName,
  versioning: z.enum(['semver', 'sequence']).default('semver'),
  feed: feed.optional(),
  /** minisign public keys, as `minisign -G` prints them. */
  signingKeys: z
    .array(z.string().regex(/^RW[A-Za-z0-9+/]{54}$/, 'must be a minisign public key: 56 characters that begin with RW'))
    .max(20)
    .default([]),
  signatureRequired: z.boolean().default(false),
  channels: z.array(name).min(1, 'needs at least one channel').max(50),
  /** The channels that a published release enters at once. */
  entryChannels: z.array(name).min(1, 'needs at least one entry channel'),
});

const installer = z.union([
  z.enum(['managed', 'helm', 'embedded-cluster']),
  z.strictObject({ method: z.enum(['kots', 'kurl']), version: z.string().min(1).max(50) }),
]);

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
  .regex(
    /^(SHA256:[A-Za-z0-9+/]{43}|(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( .*)?)$/,
    'must be SHA256:… as ssh-keygen -l prints it, or a public key line',
  );

const ssh = z.strictObject({
  address: z.string().min(1).max(253),
  port: z.number().int().min(1).max(65_535).default(22),
  user: z.string().min(1).max(64),
  /** A file in the server's key folder, or `agent`. */
  identity: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a file name in the key folder, or agent'),
  hostKeys: z.array(hostKey).min(1, 'needs the host key: a host that is not known is never trusted'),
});

const declaredHost = z
  .strictObject({
    name,
    environment: name,
    role: z.enum(['management', 'target']).default('target'),
    labels,
    root: z.string().regex(/^\/(?!.*\/\.\.?(\/|$))[^\0]*$/, 'must be an absolute path without . or ..'),
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
