/** Starts the runner for a question that has one line as its answer. */
import { RunnerRefused } from './contract.ts';
import type { HostSession } from './contract.ts';
import { parseFrame, refusalOf } from './parse-frame.ts';
import type { JsonFrame } from './parse-frame.ts';
import { outputEnded, startRunner } from './start-runner.ts';

export async function singleAnswer(
  session: HostSession,
  lines: string,
  kind: JsonFrame['kind'],
  options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number },
): Promise<JsonFrame> {
  const { signal, timeoutMs = 30_000 } = options;
  const line = await startRunner(session, { lines, helloTimeoutMs: timeoutMs, signal });
  try {
    const text = await line.reader.line(timeoutMs);
    if (text === null) throw await outputEnded(line);
    const frame = parseFrame(text);
    if (frame.kind === 'refused') throw refusalOf(frame);
    if (frame.kind !== kind)
      throw new RunnerRefused('protocol_error', `the runner answered ${frame.kind} instead of ${kind}.`);
    return frame as JsonFrame;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    line.channel.close();
  }
}
