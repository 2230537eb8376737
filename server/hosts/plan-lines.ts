/** An attempt's plan as the runner reads it: `key=value` lines, ended by an empty one. Checked here, so that no value can leave its line. */
import { z } from 'zod';
import { releaseFolder, RunnerRefused } from './contract.ts';
import type { AttemptPlan } from './contract.ts';

const token = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'letters, digits, . _ - only, not starting with . or -');
const line = z.string().regex(/^[^\u0000-\u001f\u007f]+$/, 'one line without control characters');
const root = line
  .regex(/^\/(?!$)/, 'an absolute path below /')
  .refine((path) => !/(^|\/)\.{0,2}(\/|$)/.test(path.slice(1)), 'no . .. or //');
const positive = z.int().min(1);
const timeout = z.object({ timeoutMs: positive });

const planShape = z.object({
  attempt: token,
  fence: positive,
  root,
  product: token,
  version: line,
  digest: z.string().regex(/^[0-9a-f]{64}$/, '64 hex digits'),
  size: positive,
  kind: z.enum(['install', 'rollback']),
  onFailure: z.enum(['restore', 'leave']),
  keep: positive,
  keepReleases: z.array(z.string().regex(/^[A-Za-z0-9_+][A-Za-z0-9._+-]*$/)),
  hooks: z.object({
    'pre-install': timeout.optional(),
    'post-install': timeout.optional(),
    health: timeout.optional(),
  }),
  stepTimeoutMs: positive,
  unpackLimitBytes: positive,
  unpackLimitEntries: positive.default(100_000),
  logCapBytes: z.int().min(0),
  environment: z.record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name'),
    z.string().refine((value) => !value.includes('\0'), 'no NUL'),
  ),
});

const place = planShape.pick({ root: true, product: true });

/** Throws RunnerRefused `bad_plan` naming each wrong field. */
function checked<T>(shape: z.ZodType<T>, value: unknown): T {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new RunnerRefused(
    'bad_plan',
    `the plan for the host is not usable: ${issues.join('; ')}. Correct the product or the host.`,
    {
      issues,
    },
  );
}

export function runLines(plan: AttemptPlan, offsets: { readonly log: number; readonly report: number }): string {
  const { hooks, environment, ...given } = checked(planShape, plan);
  const seconds = (timeoutMs: number) => Math.ceil(timeoutMs / 1_000);
  const hookSeconds = (hook: keyof typeof hooks) => seconds(hooks[hook]?.timeoutMs ?? given.stepTimeoutMs);
  return lines({
    action: 'hello',
    attempt: given.attempt,
    fence: given.fence,
    root: given.root,
    product: given.product,
    version: given.version,
    release: releaseFolder(given.version, given.digest),
    digest: given.digest,
    size: given.size,
    kind: given.kind,
    on_failure: given.onFailure,
    keep: given.keep,
    keep_releases: given.keepReleases.join(' '),
    step_seconds: seconds(given.stepTimeoutMs),
    pre_install_seconds: hookSeconds('pre-install'),
    post_install_seconds: hookSeconds('post-install'),
    health_seconds: hookSeconds('health'),
    unpack_bytes: given.unpackLimitBytes,
    unpack_entries: given.unpackLimitEntries,
    log_cap: given.logCapBytes,
    log_offset: offsets.log,
    report_offset: offsets.report,
    ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [`env.${name}`, escaped(value)])),
  });
}

export function cancelLines(plan: Pick<AttemptPlan, 'attempt' | 'fence' | 'root' | 'product'>): string {
  const given = checked(planShape.pick({ attempt: true, fence: true, root: true, product: true }), plan);
  return lines({ action: 'cancel', ...given });
}

export function inspectLines(where: Pick<AttemptPlan, 'root' | 'product'>): string {
  return lines({ action: 'inspect', ...checked(place, where) });
}

/** `timeoutMs`: how long the health hook may take. */
export function healthLines({
  timeoutMs,
  ...where
}: Pick<AttemptPlan, 'root' | 'product'> & { timeoutMs: number }): string {
  return lines({ action: 'health', ...checked(place, where), health_seconds: Math.ceil(timeoutMs / 1_000) });
}

function lines(values: Readonly<Record<string, string | number>>): string {
  const text = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
  return `${text.join('')}\n`;
}

/** For printf %b: the only two characters that could leave a line or mean something else. */
function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
