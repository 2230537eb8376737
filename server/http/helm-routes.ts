import type { Hono } from 'hono';
import { Refusal } from '../contracts/errors.ts';
import type { Context } from '../services/context.ts';
import { clientArtifact } from '../services/client/artifact.ts';
import { readHelmIndex, versionInChartFile } from '../services/client/helm-index.ts';
import { requestOf, sendArtifact } from './client-routes.ts';

/**
 * A channel as a Helm repository: `helm repo add NAME URL/helm/PRODUCT/CHANNEL --username client --password TOKEN`.
 * The index is made anew for each request: what is demoted is gone from the next `helm repo update` on.
 */
export function registerHelmRoutes<E extends object>(app: Hono<E>, ctx: Context): void {
  app.get('/helm/:product/:channel/index.yaml', async (c) => {
    const { tag, content } = await readHelmIndex(ctx, requestOf(c));
    const headers = { etag: tag, 'cache-control': 'private, no-cache', vary: 'authorization' };
    if (c.req.header('if-none-match') === tag) return c.body(null, 304, headers);
    return c.body(content, 200, { ...headers, 'content-type': 'application/yaml; charset=utf-8' });
  });
  app.get('/helm/:product/:channel/charts/:file', async (c) => {
    const file = c.req.param('file');
    const version = versionInChartFile(c.req.param('product'), file);
    if (version === null)
      throw new Refusal('not_found', `There is no chart ${file}. The index.yaml beside it lists them.`);
    return sendArtifact(c, await clientArtifact(ctx, { ...requestOf(c), version }));
  });
  app.all('/helm/*', (c) => c.notFound());
}
