import { findProduct, type ProductRow } from '../../../db/queries/releases.ts';
import type { Reader } from '../../../db/connect.ts';
import { pipelineOfProduct } from '../../../db/queries/pipelines.ts';
import { Refusal } from '../../contracts/errors.ts';
import type { PipelineView } from '../../domain/views.ts';

/** Throws `not_found`. `what`: what was asked for, as in "Save refused". */
export async function demandProduct(reader: Reader, id: number, what: string): Promise<ProductRow> {
  const product = await findProduct(reader, id);
  if (product) return product;
  throw new Refusal('not_found', `${what} refused: there is no product ${id}. List them with GET /api/v1/products.`);
}

export async function demandPipeline(reader: Reader, productId: number, what: string): Promise<PipelineView> {
  const product = await demandProduct(reader, productId, what);
  const pipeline = await pipelineOfProduct(reader, productId);
  if (pipeline) return pipeline;
  throw new Refusal('not_found', `${what} refused: ${product.name} has no pipeline. Save one first.`);
}
