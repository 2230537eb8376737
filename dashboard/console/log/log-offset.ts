/** What a chunk means for a reader that has everything up to `have`, in bytes of the stored log. */
export type ChunkStep =
  | { readonly step: 'append'; readonly text: string; readonly to: number }
  /** Nothing of it is new. */
  | { readonly step: 'known' }
  /** Bytes between are missing: read them from `from` on before going further. */
  | { readonly step: 'gap'; readonly from: number };

export interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Live chunks and the ones that were read may overlap or leave a hole; the byte offset alone says what is new, so that
 * no line shows twice and none is lost.
 */
export function takeChunk(have: number, chunk: Chunk): ChunkStep {
  if (chunk.from > have) return { step: 'gap', from: have };
  if (chunk.to <= have) return { step: 'known' };
  if (chunk.from === have) return { step: 'append', text: chunk.text, to: chunk.to };
  const bytes = new TextEncoder().encode(chunk.text).subarray(have - chunk.from);
  return { step: 'append', text: new TextDecoder().decode(bytes), to: chunk.to };
}
