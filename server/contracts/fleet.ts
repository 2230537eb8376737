import { z } from 'zod';
import { DEFAULT_ALLOW_SELF, type ApprovalRule } from '../domain/approval-policy.ts';
import { checkUrl, type HealthCheck } from '../domain/health-check.ts';
import type { Action } from '../domain/permission.ts';
import { parseSemver } from '../domain/semver.ts';
import { duration, durationOf } from './duration.ts';
import { declaredMaintenance } from './maintenance.ts';
import { labelMatch, name } from './names.ts';
import { productName, releaseLabels } from './package.ts';
import { declaredPipeline } from './pipeline-file.ts';

/**
 * A fleet file declares products, channels, environments and hosts. Names are the identity: renaming is removing one and
 * creating another. The YAML text is parsed on the server, so that every client refuses alike.
 */
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

const slackChannelId = z.string().regex(/^[CG][A-Z0-9]{6,20}$/, 'must be the ID of a Slack channel, such as C024BE91L');

/** Where cards go, and where trouble goes; what is left out follows the product, then the settings. */
const slackChannels = z.strictObject({ channel: slackChannelId.optional(), escalation: slackChannelId.optional() });

/** `{address}` is that of the host, `{host}` its name. */
const healthCheck = z.strictObject({
  http: z
    .string()
    .max(2_048)
    .refine(
      (text) => URL.canParse(checkUrl(text, 'host', 'address')) && /^https?:/.test(text),
      'must be an http(s) URL',
    )
    .refine((text) => !/[{}]/.test(checkUrl(text, 'host', 'address')), 'may hold {address} and {host}, no other braces')
    .regex(/^[^\s\u0000-\u001f\u007f\ud800-\udfff]+$/u, 'contains a space or a control character'),
  timeout: duration.refine((ms) => ms <= 20_000, 'must be at most 20s').prefault('5s'),
});

const declaredProduct = z.strictObject({
  name: productName,
  versioning: z.enum(['semver', 'sequence']).default('semver'),
  /** What its releases are: packages that Signalbox installs on hosts, or Helm charts. */
  artifact: z.enum(['package', 'chart']).default('package'),
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
  slack: slackChannels.default({}),
  /** How a host that runs it is asked how it is; left out: by the health command of the release. */
  healthCheck: healthCheck.optional(),
  /** Left out: no file owns it, and people configure it in the console. */
  pipeline: declaredPipeline.optional(),
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
  /** `web`: approvals for it are decided in the console only, since chat cannot ask for a second factor. */
  approveVia: z.enum(['slack', 'web']).default('slack'),
  slack: slackChannels.default({}),
  /** How often its clients look for new releases: 4h, or never. Each time comes a little later, by a jitter. */
  checkEvery: z
    .union([duration, z.literal('never').transform(() => null)], 'must be a duration such as 4h, or never')
    .prefault('4h'),
  /** Channel by product. */
  subscriptions: z.record(productName, name).default({}),
  /** When installs may start; left out: always. */
  maintenance: declaredMaintenance.optional(),
  recallWaitsForWindow: z.boolean().default(false),
});

const hostKey = z
  .string()
  .max(2_000)
  .regex(
    /^(?:@revoked |@cert-authority (?!SHA256))?(SHA256:[A-Za-z0-9+/]{43}|(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( [^\u0000-\u001f]*)?)$/,
    'must be SHA256:… as ssh-keygen -l prints it, or a public key line',
  )
  .refine(namesItsType, 'is cut off or damaged: copy the whole public key line');

/** A key in wire form begins with its own type, length first; half a line pasted would never match any host. */
function namesItsType(pin: string): boolean {
  const [type = '', key = ''] = pin.replace(/^@\S+ /, '').split(' ');
  if (type.startsWith('SHA256:')) return true;
  if (key.replace(/=+$/, '').length % 4 === 1) return false;
  return atob(key.replace(/=+$/, '')).startsWith(`\0\0\0${String.fromCharCode(type.length)}${type}`);
}

const keyFile = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a file name in the key folder');

/** A machine that is reached by SSH, who asks there, and the keys it may show. */
const sshPlace = z.strictObject({
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
  /** `@revoked ` before a key refuses it; `@cert-authority ` before a public key line trusts what it signed (openssh). */
  hostKeys: z.array(hostKey).min(1, 'needs the host key: a host that is not known is never trusted').max(20),
});

const NEEDS_OPENSSH = "needs the system's client: set transport: openssh";
const ONLY_OPENSSH = ['certificate', 'config', 'jump'] as const;

const ssh = sshPlace
  .extend({
    transport: z.enum(['ssh2', 'openssh']).default('ssh2'),
    certificate: keyFile.optional(),
    /** An ssh_config; `Match host` finds the address. */
    config: keyFile.optional(),
    jump: sshPlace.extend({ certificate: keyFile.optional() }).optional(),
  })
  .superRefine((given, issues) => {
    if (given.transport === 'openssh') return;
    for (const field of ONLY_OPENSSH) {
      if (given[field] !== undefined) issues.addIssue({ code: 'custom', path: [field], message: NEEDS_OPENSSH });
    }
    given.hostKeys.forEach((pin, i) => {
      if (pin.startsWith('@cert-authority')) {
        issues.addIssue({ code: 'custom', path: ['hostKeys', i], message: NEEDS_OPENSSH });
      }
    });
  });

const declaredHost = z
  .strictObject({
    name,
    environment: name,
    role: z.enum(['management', 'target']).default('target'),
    labels,
    root: absolutePath,
    life: z.enum(['active', 'maintenance', 'retired']).default('active'),
    /** In place of that of each product on it. */
    healthCheck: healthCheck.optional(),
    ssh: ssh.optional(),
    local: z.literal(true).optional(),
    /** Who the runner runs as: the user of the connection, or root by `sudo -n`. */
    become: z.enum(['none', 'sudo']).default('none'),
  })
  .refine((host) => (host.ssh === undefined) !== (host.local === undefined), 'needs either ssh or local: true');

/** What somebody asks for, as the file names it, and its row in the permission table. */
const ASKED = { install: 'job.install', rollback: 'release.rollback' } as const satisfies Record<string, Action>;
export const ASKED_NAMES = Object.keys(ASKED) as (keyof typeof ASKED)[];

/** An approval rule as a fleet file and the console write it. */
export const declaredApproval = z.strictObject({
  name,
  /** What is left out matches everything. */
  match: z
    .strictObject({
      actions: z.array(z.enum(ASKED_NAMES)).min(1).optional(),
      products: z.array(productName).min(1).optional(),
      channels: z.array(name).min(1).optional(),
      environmentLabels: z.array(labelMatch).min(1).optional(),
    })
    .default({}),
  /** Distinct people. */
  required: z.int('must be a whole number').min(1, 'must be at least 1').max(20, 'must be at most 20').default(1),
  roles: z
    .array(z.enum(['operator', 'approver', 'admin']))
    .min(1, 'needs at least one role')
    .default(['approver']),
  allowSelf: z.boolean().default(DEFAULT_ALLOW_SELF),
  expiresAfter: duration.prefault('8h'),
  startWithin: duration.prefault('1h'),
});

/** The rule as the domain has it. Rule: section 11. */
export function approvalRuleOf(declared: DeclaredApproval): ApprovalRule {
  const { match, expiresAfter: expiresAfterMs, startWithin: startWithinMs, ...rest } = declared;
  const { actions, ...where } = match;
  return {
    ...rest,
    match: { ...where, ...(actions ? { actions: actions.map((action) => ASKED[action]) } : {}) },
    expiresAfterMs,
    startWithinMs,
  };
}

/** The rule as a fleet file writes it: what a form of it starts with. */
export function declaredApprovalOf({ name, match, required, roles, allowSelf, ...times }: ApprovalRule) {
  const { actions, products, channels, environmentLabels } = match;
  const asked = ASKED_NAMES.filter((ask) => actions?.includes(ASKED[ask]));
  return {
    name,
    match: {
      ...(actions ? { actions: asked } : {}),
      ...(products ? { products: [...products] } : {}),
      ...(channels ? { channels: [...channels] } : {}),
      ...(environmentLabels
        ? {
            environmentLabels: environmentLabels.map(({ key, values }) => ({
              key,
              ...(values && { values: [...values] }),
            })),
          }
        : {}),
    },
    required,
    roles: roles.filter((role) => role !== 'viewer' && role !== 'reporter'),
    allowSelf,
    expiresAfter: durationOf(times.expiresAfterMs),
    startWithin: durationOf(times.startWithinMs),
  } satisfies z.input<typeof declaredApproval>;
}

/** As a column has it; null where none is declared. */
export function healthCheckOf(declared: z.output<typeof healthCheck> | undefined): HealthCheck | null {
  return declared ? { url: declared.http, timeoutMs: declared.timeout } : null;
}

export const fleetFile = z.strictObject({
  products: z.array(declaredProduct).default([]),
  environments: z.array(declaredEnvironment).default([]),
  hosts: z.array(declaredHost).default([]),
  approvals: z.array(declaredApproval).default([]),
});

export type FleetFile = z.output<typeof fleetFile>;
export type DeclaredProduct = FleetFile['products'][number];
export type DeclaredEnvironment = FleetFile['environments'][number];
export type DeclaredApproval = FleetFile['approvals'][number];
export type DeclaredHost = FleetFile['hosts'][number];

/** JSON Schema of a fleet file, for editors: served at /schemas/fleet.json. */
export function fleetFileJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(fleetFile, { io: 'input', unrepresentable: 'any' });
}
