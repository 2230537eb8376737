import { parse } from 'yaml';
import { z } from 'zod';
import { startDigest } from './artifact-digest.ts';
import { causeOf } from './http-get.ts';
import { judgeTree } from './package-entries.ts';
import { PackageError } from './package-error.ts';
import { asPackageError, damaged, PACKAGE_LIMITS, readArchive, type InspectOptions } from './package-read.ts';

/** What Helm itself needs of a `Chart.yaml`; the rest is the chart's own business. */
const chartManifest = z.object({ apiVersion: z.string(), name: z.string(), version: z.string() });

export interface InspectedChart {
  readonly chart: z.output<typeof chartManifest>;
  /** Bytes of the archive, and its SHA-256, hexadecimal. */
  readonly facts: { readonly size: number; readonly sha256: string };
}

/** Reads a packaged Helm chart once from end to end without unpacking it, by the rules that packages have. Throws PackageError. */
export async function inspectChart(path: string, options: InspectOptions = {}): Promise<InspectedChart> {
  const limits = { ...PACKAGE_LIMITS, ...options.limits };
  const digest = startDigest();
  try {
    const isManifest = (name: string) => /^[^/]+\/Chart\.yaml$/.test(name);
    const reading = { limits, isManifest, onBytes: digest.add, signal: options.signal };
    const { tree, manifestText, packedBytes } = await readArchive(path, reading);
    judgeTree(tree);
    const chart = chartIn(manifestText);
    const { size, sha256 } = digest.end();
    if (packedBytes !== size) throw damaged('there are bytes after its end');
    return { chart, facts: { size, sha256 } };
  } catch (error) {
    throw asPackageError(error, options.signal);
  }
}

function chartIn(content: Buffer | undefined): InspectedChart['chart'] {
  if (content === undefined) {
    throw new PackageError('manifest_missing', 'The chart has no Chart.yaml. Pack it with helm package.');
  }
  const parsed = chartManifest.safeParse(yamlIn(content));
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => path.join('.') || 'its content').join(', ');
  throw new PackageError('manifest_invalid', `Chart.yaml is refused: ${fields}. Pack the chart with helm package.`);
}

function yamlIn(content: Buffer): unknown {
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (error) {
    throw new PackageError('manifest_invalid', `Chart.yaml is not YAML: ${causeOf(error)}. Correct it and pack again.`);
  }
}
