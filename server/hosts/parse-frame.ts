/** One line of the runner, taken apart. */
import type { z } from 'zod';
import { RunnerRefused } from './contract.ts';
import type { RefusalCode } from './contract.ts';
import { refusalSentence } from './sentences.ts';
import { refusal } from './protocol.ts';

export type Frame = JsonFrame | BytesFrame | { readonly kind: 'beat' | 'unknown' };

export interface JsonFrame {
  readonly kind: 'hello' | 'inspect' | 'health' | 'gone' | 'refused' | 'end' | 'done';
  readonly json: Readonly<Record<string, unknown>>;
}

export interface BytesFrame {
  /** `need` has only a length, `cut` has the cap as offset and the log's size as length; neither is followed by bytes. */
  readonly kind: 'log' | 'report' | 'cut' | 'need';
  readonly offset: number;
  readonly length: number;
}

const JSON_KINDS: readonly string[] = ['hello', 'inspect', 'health', 'gone', 'refused', 'end', 'done'];
const BYTES = /^(log|report|cut) (\d{1,15}) (\d{1,15})$/;

export function parseFrame(line: string): Frame {
  const bytes = BYTES.exec(line);
  if (bytes) return { kind: bytes[1] as 'log', offset: Number(bytes[2]), length: Number(bytes[3]) };
  if (line === 'beat') return { kind: 'beat' };
  const [kind = ''] = line.split(' ', 1);
  const rest = line.slice(kind.length + 1);
  if (kind === 'need') return { kind, offset: 0, length: Number(rest) };
  if (!JSON_KINDS.includes(kind)) return { kind: 'unknown' };
  return { kind: kind as 'hello', json: parseJson(rest) };
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new RunnerRefused(
      'protocol_error',
      `the runner's answer is no JSON: ${text.slice(0, 200)}. Is the host's shell sound?`,
      {
        cause: String(error),
      },
    );
  }
}

/** The frame's JSON in its shape, or RunnerRefused `protocol_error`. */
export function frameIs<T>(shape: z.ZodType<T>, frame: JsonFrame): T {
  const result = shape.safeParse(frame.json);
  if (result.success) return result.data;
  throw new RunnerRefused(
    'protocol_error',
    `the runner's ${frame.kind} has another shape: ${result.error.message}`,
    frame.json,
  );
}

export function refusalOf(frame: JsonFrame): RunnerRefused {
  const { code, detail, ownerFence, ownerAttempt } = frameIs(refusal, frame);
  const sentence = refusalSentence(code as RefusalCode, detail, { fence: ownerFence, attempt: ownerAttempt });
  return new RunnerRefused(code as RefusalCode, sentence, { detail, ownerFence, ownerAttempt });
}
