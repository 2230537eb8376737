import { and, eq, exists } from 'drizzle-orm';
import type { Reader } from '../connect.ts';
import { environment, host, incident, job, product, release, task } from '../schema/index.ts';
import { idIn } from './views.ts';

/** What a permission is asked about, by the names that grants carry. */
export async function productNameOf(
  reader: Reader,
  of: { productId: number } | { releaseId: number } | { jobId: number },
): Promise<string | undefined> {
  const named = reader.select({ name: product.name }).from(product);
  const [row] =
    'productId' in of
      ? await named.where(eq(product.id, of.productId))
      : 'releaseId' in of
        ? await named.innerJoin(release, eq(release.productId, product.id)).where(eq(release.id, of.releaseId))
        : await named.innerJoin(job, eq(job.productId, product.id)).where(eq(job.id, of.jobId));
  return row?.name;
}

/** Environments of these hosts, or of all hosts of a job, each once. */
export async function environmentNamesOf(
  reader: Reader,
  of: { hostIds: readonly number[] } | { jobId: number },
): Promise<string[]> {
  if ('hostIds' in of && of.hostIds.length === 0) return [];
  const chosen =
    'hostIds' in of
      ? idIn(host.id, of.hostIds)
      : exists(
          reader
            .select({ id: task.id })
            .from(task)
            .where(and(eq(task.jobId, of.jobId), eq(task.hostId, host.id))),
        );
  const rows = await reader
    .selectDistinct({ name: environment.name })
    .from(host)
    .innerJoin(environment, eq(environment.id, host.environmentId))
    .where(chosen);
  return rows.map(({ name }) => name);
}

export async function jobOfIncident(reader: Reader, id: number): Promise<number | undefined> {
  const [row] = await reader.select({ jobId: incident.jobId }).from(incident).where(eq(incident.id, id));
  return row?.jobId;
}

/** All products and environments that there are. */
export async function knownNames(reader: Reader): Promise<{ products: Set<string>; environments: Set<string> }> {
  const products = await reader.select({ name: product.name }).from(product);
  const environments = await reader.select({ name: environment.name }).from(environment);
  return {
    products: new Set(products.map(({ name }) => name)),
    environments: new Set(environments.map(({ name }) => name)),
  };
}
