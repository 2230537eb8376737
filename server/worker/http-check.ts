import type { IncomingMessage } from 'node:http';
import { stateOfAnswer } from '../domain/health-check.ts';
import type { HealthState } from '../domain/observation.ts';
import { httpGet } from '../feeds/http-get.ts';

/** An answer that names its state is a line; nobody needs more of it. */
const READ_BYTES = 16 * 1024;

/** The state that an HTTP health check answers. No answer in time is ERROR: the host itself has just been reached. */
export async function askOverHttp(url: URL, timeoutMs: number, signal: AbortSignal): Promise<HealthState> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const { status, body } = await httpGet(url, { signal: limit });
    return stateOfAnswer(status, jsonIn(await beginningOf(body)));
  } catch {
    signal.throwIfAborted();
    return 'ERROR';
  }
}

async function beginningOf(body: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of body.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > READ_BYTES) break;
  }
  return text;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
