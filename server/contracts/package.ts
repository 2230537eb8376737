import { z } from 'zod';
import type { HookName, HookSpecs } from '../domain/views.ts';
import { parseListing, type Parsed } from './parse-problem.ts';

/**
 * Terminology
 *   package   the artifact of a release: a `.tar.gz` with `release.json` at its root and, when it has hooks, a `hooks/` folder
 *   manifest  what `release.json` says, with every default filled in
 *   hook      an executable file `hooks/<name>` that the host runner starts, with its timeout. `health` is also run again and
 *             again while the release is there; it exits 0 HEALTHY, 10 DEFERRING, 11 WARNING, 12 REPAIRING, 13 SUSPENDED,
 *             14 TERMINAL, anything else ERROR. In an install only 0 will do
 */

/** A NUL or half a surrogate pair cannot be stored by PostgreSQL: refused here, where the author can still see why. */
function text(max: number) {
  return z
    .string()
    .max(max)
    .regex(/^[^\u0000]*$/, 'contains a NUL character')
    .refine((value) => value.isWellFormed(), 'contains half of a surrogate pair');
}

function line(max: number) {
  return text(max).regex(/^[^\u0000-\u001f\u007f]*$/, 'contains a control character');
}

export const productName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/, 'is not a product name')
  .meta({ description: 'a product name: 1 to 63 lower-case letters, digits, dots, dashes or underscores' });

/** Also a part of file and folder names on hosts, so it never starts with a dot and holds no slash. */
export const versionLabel = z
  .string()
  .regex(/^[0-9A-Za-z][0-9A-Za-z.+_-]{0,99}$/, 'is not a version label')
  .meta({ description: 'a version such as "4.2.1": 1 to 100 letters, digits, dots, plus, dashes or underscores' });

export const releaseNotes = text(65_536).meta({ description: 'release notes in Markdown, at most 65 536 characters' });

export const releaseLabels = z
  .record(
    z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/, 'is not a label key'),
    line(256).meta({ description: 'a label value: one line of text, at most 256 characters' }),
  )
  .refine((labels) => Object.keys(labels).length <= 64, 'has more than 64 labels')
  .meta({ description: 'at most 64 labels: keys of letters, digits, ".", "_", "/" and "-", values of text' });

function hook(defaultSeconds: number) {
  return z
    .strictObject({
      timeoutSeconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(defaultSeconds)
        .meta({ description: `whole seconds from 1 to 86400; ${defaultSeconds} when left out` }),
    })
    .meta({ description: 'an object such as {} or {"timeoutSeconds": 120}' });
}

export const releaseHooks = z
  .strictObject({
    'pre-install': hook(300).optional(),
    'post-install': hook(300).optional(),
    health: hook(60).optional(),
  })
  .meta({ description: 'the hooks that the package brings: pre-install, post-install, health' });

export const releaseManifest = z
  .strictObject({
    $schema: line(500).optional().meta({ description: 'the address of this schema, for editors' }),
    product: productName,
    version: versionLabel,
    notes: releaseNotes.default(''),
    labels: releaseLabels.default({}),
    required: z.boolean().default(false).meta({ description: 'true when hosts must not skip this release' }),
    minimumVersion: versionLabel
      .optional()
      .meta({ description: 'the oldest installed version this release may be installed over' }),
    hooks: releaseHooks.default({}),
    healthCommand: line(1_000)
      .min(1)
      .optional()
      .meta({ description: 'one line of shell that exits 0 while the installed release is healthy' }),
  })
  .meta({
    title: 'Signalbox release.json',
    description: 'a JSON object with at least product and version: the manifest at the root of a release package',
  });

export type ReleaseManifest = z.output<typeof releaseManifest>;
export type ReleaseManifestInput = z.input<typeof releaseManifest>;
export type ReleaseHooks = z.output<typeof releaseHooks>;

export const HOOK_NAMES = ['pre-install', 'post-install', 'health'] as const satisfies readonly HookName[];

/** The hooks of a manifest as the domain keeps them: timeouts in milliseconds. */
export function hookSpecs(hooks: ReleaseHooks): HookSpecs {
  const specs: HookSpecs = {};
  for (const name of HOOK_NAMES) {
    const hook = hooks[name];
    if (hook) specs[name] = { timeoutMs: hook.timeoutSeconds * 1_000 };
  }
  return specs;
}

/** Parses the content of a `release.json`; a failure lists every problem with its path and next step. */
export function parseReleaseManifest(input: unknown): Parsed<ReleaseManifest> {
  return parseListing(releaseManifest, input);
}

/** The JSON Schema (draft 2020-12) that the server publishes at `/schemas/release.json`. */
export function releaseManifestJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(releaseManifest, { io: 'input', unrepresentable: 'any' });
}
