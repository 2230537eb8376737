import type { RunnerReport } from '../hosts/contract.ts';
import type { LogChunk, Progress, Report } from '../services/task/report.ts';
import type { Context } from '../services/context.ts';
import type { Held, TaskOrder } from '../services/task/start.ts';
import { LogMask, type MaskedChunk } from './mask.ts';
import { foldReport, stepNow } from './step-records.ts';

/** Where the stored part of a task ends. */
type Resume = Pick<TaskOrder['task'], 'logOffset' | 'reportOffset' | 'steps'>;

/** What waits to be stored before the host has to wait too. */
const bytesAhead = 1024 * 1024;

/**
 * Stores what a host says, in its order. While one transaction is under way the next one gathers: a fast line costs few
 * of them, and what comes alone is stored at once. A word that could not be stored ends the line by `failed`; nothing is
 * lost by that, for the journal on the host gives it again from the stored offset.
 */
export function openProgress(ctx: Context, held: Held, task: Resume, tell: (said: Progress) => Promise<boolean>) {
  const mask = new LogMask(task.logOffset, ctx.config.secrets);
  const failed = new AbortController();
  let { steps, reportOffset } = task;
  let chunks: MaskedChunk[] = [];
  let report: Report | null = null;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    try {
      while (chunks.length > 0 || report) {
        const due = { held, log: joined(chunks), report };
        chunks = [];
        report = null;
        await tell(due);
      }
    } catch (error) {
      failed.abort(error);
    } finally {
      writing = undefined;
    }
  }

  /** Resolves at once while there is little to store. */
  function store(chunk: MaskedChunk | null): Promise<void> | undefined {
    failed.signal.throwIfAborted();
    if (chunk) chunks.push(chunk);
    if (chunks.length > 0 || report) writing ??= write();
    return waiting() > bytesAhead ? writing : undefined;
  }

  const waiting = () => chunks.reduce((sum, { content }) => sum + content.length, 0);

  return {
    failed: failed.signal,
    log: async (bytes: Uint8Array) => store(mask.push(bytes)),
    async report(said: RunnerReport, next: number) {
      steps = foldReport(steps, said, ctx.clock.now());
      report = { offset: report?.offset ?? reportOffset, next, step: stepNow(said), steps };
      reportOffset = next;
      // Lines between steps belong to the step that just ended: nothing may stand behind its report.
      await store(said.event === 'ended' ? mask.flush() : null);
    },
    /** The rest of the log stays on the host. */
    async cut(at: number) {
      await store(mask.flush());
      const content = Buffer.from(`\n[signalbox: the log is cut here, at ${at} bytes; the host keeps all of it]\n`);
      await store({ from: at, to: at + 1, content });
    },
    /** Exit code of a step that has ended; null: it ran nothing, or not at all. */
    exitOf: (step: string) => steps.find((one) => one.step === step)?.code ?? null,
    /** The host says nothing more: an open line is a line. */
    flush: async () => store(mask.flush()),
    /** Resolves when all that was given is stored. Throws when it cannot be. */
    async settled(): Promise<void> {
      while (writing) await writing;
      failed.signal.throwIfAborted();
    },
  };
}

/** They follow each other without a gap. */
function joined(chunks: readonly MaskedChunk[]): LogChunk | null {
  const [first] = chunks;
  const last = chunks.at(-1);
  if (!first || !last || first === last) return first ?? null;
  return { from: first.from, to: last.to, content: Buffer.concat(chunks.map(({ content }) => content)) };
}
