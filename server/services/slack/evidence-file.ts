import { Refusal } from '../../contracts/errors.ts';
import type { Context } from '../context.ts';
import { streamEvidence } from '../evidence/stream.ts';
import { signalboxActor } from '../verb.ts';

/** More than that is had from the console: it is held in memory while it is sent. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The name that a job's archive has. */
export function evidenceName(jobId: number): string {
  return `signalbox-job-${jobId}.tar.gz`;
}

/** Everything there is about a job, as one archive; null: it is larger than is sent to Slack, or its job is gone. */
export async function evidenceFile(ctx: Context, jobId: number): Promise<Buffer | null> {
  try {
    const { content } = await streamEvidence.run(ctx, signalboxActor, { id: jobId });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of content as AsyncIterable<Buffer>) {
      size += chunk.length;
      // Leaving the loop ends the archive.
      if (size > MOST_BYTES) return null;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
