import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as generator from 'ts-json-schema-generator';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/**
 * Slack's own types as JSON Schema: what they name and nothing else. Made from @slack/types, which takes 2 s, and kept
 * under node_modules/.cache by its version.
 */
interface Schema {
  readonly definitions: Record<string, Definition | undefined>;
}
interface Definition {
  readonly $ref?: string;
  readonly anyOf?: readonly Definition[];
  readonly properties?: { readonly type?: { readonly const?: string } };
}

const require = createRequire(import.meta.url);
let judges: Map<string, () => ValidateFunction> | undefined;

/** What the schema says against a block or a modal, as `[pointer below it, words]`; null: nothing, `undefined`: no such type. */
export function schemaProblem(part: { type: string }): readonly [string, string] | null | undefined {
  judges ??= compiled();
  const judge = judges.get(part.type)?.();
  if (!judge) return undefined;
  return judge(part) ? null : worst(judge.errors ?? []);
}

/** Of all the ways in which unions were not met, the one that got furthest. */
function worst(errors: readonly ErrorObject[]): readonly [string, string] {
  const depth = ({ instancePath }: ErrorObject) => instancePath.split('/').length;
  const told = errors.filter(({ keyword }) => keyword !== 'const' && keyword !== 'anyOf');
  const [first] = (told.length > 0 ? told : errors).toSorted((a, b) => depth(b) - depth(a));
  const extra = first?.params['additionalProperty'] as string | undefined;
  return [first?.instancePath ?? '', extra ? `no such field: ${extra}` : (first?.message ?? 'is not valid')];
}

/** By type; a judge is compiled when it is asked for first. */
function compiled(): Map<string, () => ValidateFunction> {
  const schema = read();
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema(schema, 'slack');
  const blocks = schema.definitions['KnownBlock']?.anyOf ?? [];
  const names = [
    'ModalView',
    ...blocks.map(({ $ref = '' }) => decodeURIComponent($ref.slice($ref.lastIndexOf('/') + 1))),
  ];
  return new Map(
    names.map((name) => {
      const type = typeOf(schema.definitions[name]);
      if (!type) throw new Error(`@slack/types has changed: ${name} has no type of its own. Look at block-schema.ts.`);
      return [type, () => ajv.getSchema(`slack#/definitions/${name}`) as ValidateFunction];
    }),
  );
}

function typeOf(definition: Definition | undefined): string | undefined {
  return definition?.properties?.type?.const ?? (definition?.anyOf && typeOf(definition.anyOf[0]));
}

function read(): Schema {
  const manifest = require.resolve('@slack/types/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const kept = join(dirname(manifest), '..', '..', '.cache', `slack-types-${version}.schema.json`);
  try {
    return JSON.parse(readFileSync(kept, 'utf8')) as Schema;
  } catch {
    const schema = made(join(dirname(manifest), 'dist', 'index.d.ts'));
    mkdirSync(dirname(kept), { recursive: true });
    // Several test processes may make it at once: each sees a whole file or none.
    writeFileSync(`${kept}.${process.pid}`, JSON.stringify(schema));
    renameSync(`${kept}.${process.pid}`, kept);
    return schema;
  }
}

function made(path: string): Schema {
  const { createGenerator } = require('ts-json-schema-generator') as typeof generator;
  const config = { path, type: 'ModalView', skipTypeCheck: true, expose: 'all', topRef: true } as const;
  return createGenerator(config).createSchema('ModalView') as Schema;
}
