/** Runs one attempt on one host, or attaches to it: starts the runner, gives it the package if it lacks it, follows to the end. */
import type { z } from 'zod';
import { HostUnreachable, RunnerRefused } from './contract.ts';
import type { AttemptOptions, AttemptPlan, FinalReport, HostSession, RunAttempt } from './contract.ts';
import { frameIs, parseFrame, refusalOf } from './parse-frame.ts';
import { runLines } from './plan-lines.ts';
import { hello, runnerReport } from './protocol.ts';
import { createReportLines } from './report-lines.ts';
import { finalCause, finalSentence } from './sentences.ts';
import { sendArtifact } from './send-artifact.ts';
import { outputEnded, startRunner } from './start-runner.ts';
import type { RunnerLine } from './start-runner.ts';

/** How often steps that died without a word are taken up again before a person has to look. */
const REVIVALS = 5;

/**
 * The final report of the attempt; `onReport` and `onLog` have been given everything up to it.
 * Rule: section 10 (steps), "The host side". Throws HostUnreachable (attach again), RunnerRefused, or the signal's reason.
 */
export const runAttempt: RunAttempt = async (session, plan, options) => {
  const position = { log: options.logOffset, report: options.reportOffset };
  for (let died = 0; ; died += 1) {
    const end = await attach(session, plan, options, position);
    if (typeof end === 'object') return end;
    if (died >= REVIVALS) {
      throw new RunnerRefused(
        'runner_died',
        `the steps on the host died ${died + 1} times without a word: ${end}. Look at the host.`,
        {
          said: end,
        },
      );
    }
  }
};

interface Position {
  log: number;
  report: number;
}

/** One connection: the final report, or what the steps said when they died. */
async function attach(
  session: HostSession,
  plan: AttemptPlan,
  options: AttemptOptions,
  position: Position,
): Promise<FinalReport | string> {
  const { signal, helloTimeoutMs = 30_000 } = options;
  const line = await startRunner(session, { lines: runLines(plan, position), helloTimeoutMs, signal });
  try {
    return await follow(line, plan, options, position);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    line.channel.close();
  }
}

async function follow(
  line: RunnerLine,
  plan: AttemptPlan,
  options: AttemptOptions,
  position: Position,
): Promise<FinalReport | string> {
  const { reader, channel } = line;
  const { silenceTimeoutMs = 20_000 } = options;
  const reports = createReportLines(position.report);
  const stop = new AbortController();
  const failedTransfer = new Promise<never>((_, reject) =>
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason)),
  );
  failedTransfer.catch(() => {});

  for (;;) {
    const text = await Promise.race([reader.line(silenceTimeoutMs), failedTransfer]);
    if (text === null) throw await outputEnded(line);
    const frame = parseFrame(text);
    switch (frame.kind) {
      case 'hello':
        await options.onHello?.(frameIs(hello, frame));
        break;
      case 'need':
        // Beside the reading: a host whose disk is full says so while the package is still on its way.
        sendArtifact(channel, plan.size, options).catch((error: unknown) => stop.abort(error));
        break;
      case 'log': {
        const bytes = await reader.bytes(frame.length, silenceTimeoutMs);
        await options.onLog({ offset: frame.offset, bytes });
        position.log = frame.offset + bytes.length;
        break;
      }
      case 'report': {
        const bytes = await reader.bytes(frame.length, silenceTimeoutMs);
        for (const { report, next } of reports.take(bytes)) {
          if (report) await options.onReport(report, next);
          position.report = next;
        }
        break;
      }
      case 'cut':
        await options.onLogCut?.({ at: frame.offset, total: frame.length });
        break;
      case 'beat':
        break;
      case 'gone':
        return String(frame.json['detail'] ?? '');
      case 'refused':
        throw refusalOf(frame);
      case 'end':
        return finalOf(plan, frameIs(runnerReport, frame));
      default:
        throw new RunnerRefused(
          'protocol_error',
          `the runner said something unknown: ${text.slice(0, 200)}. Is the host's shell sound?`,
        );
    }
  }
}

function finalOf(plan: AttemptPlan, report: z.infer<typeof runnerReport>): FinalReport {
  if (report.event !== 'final')
    throw new HostUnreachable('connection_lost', 'the journal ended without a final line. Attach again.');
  return { ...report, sentence: finalSentence(plan, report), cause: finalCause(report) };
}
