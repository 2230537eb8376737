/** Brings the runner to the host over one exec channel and waits until it speaks. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HostUnreachable, RunnerRefused } from './contract.ts';
import type { Become, ExecChannel, ExecExit, HostSession } from './contract.ts';
import { createByteReader } from './frames.ts';
import type { ByteReader } from './frames.ts';

export interface RunnerLine {
  readonly channel: ExecChannel;
  readonly reader: ByteReader;
}

export interface StartOptions {
  /** `key=value` lines with the empty line at their end. */
  readonly lines: string;
  readonly helloTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const NOISE_KEPT = 500;

/**
 * Resolves when the runner has said its marker and the plan is written; what it says next is the reader's next line.
 * Nothing is written between script and marker, so a shell that reads ahead eats nothing that was meant for a later reader.
 * Throws HostUnreachable, or RunnerRefused `no_runner` when the login shell ends without the marker.
 */
export async function startRunner(session: HostSession, options: StartOptions): Promise<RunnerLine> {
  const nonce = randomBytes(12).toString('hex');
  const script = Buffer.from(`nonce=${nonce}\n${await runnerScript()}`);
  const channel = await session.exec(bootstrap(script.length, session.become), { signal: options.signal });
  try {
    await channel.write(script);
    const reader = createByteReader(channel.stdout);
    await skipNoise(channel, reader, `signalbox-runner ${nonce}`, options.helloTimeoutMs, session.become);
    await channel.write(Buffer.from(options.lines));
    return { channel, reader };
  } catch (error) {
    channel.close();
    throw error;
  }
}

/**
 * Every login shell understands this: no quotes or backslashes inside, nothing that csh or fish would expand between single
 * quotes. The runner finds its own text in the environment, where `ps` shows it once at most and no argument list grows.
 */
function bootstrap(length: number, become: Become): string {
  const fetch = `SIGNALBOX_RUNNER=$(head -c ${length}) && export SIGNALBOX_RUNNER`;
  // sudo takes the environment away, so it stands outside of what sets it; -n: it fails rather than asks.
  return `exec ${become === 'sudo' ? 'sudo -n ' : ''}sh -c '${fetch} && exec sh -c "$SIGNALBOX_RUNNER" signalbox-runner'`;
}

let script: Promise<string> | undefined;

const PARTS = [
  'plan',
  'facts',
  'owner',
  'journal',
  'attach',
  'follow',
  'unpack',
  'hooks',
  'health',
  'steps',
  'start',
] as const;

/** The runner's text without comments, as it is sent; `nonce` is set before it. */
export function runnerScript(): Promise<string> {
  script ??= Promise.all(PARTS.map((part) => readFile(new URL(`./runner/${part}.sh`, import.meta.url), 'utf8'))).then(
    (parts) => withoutComments(parts.join('\n')),
  );
  return script;
}

/** Whole-line comments stay here: they would be a third of what each connection sends. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/^\s+/gm, '');
}

async function skipNoise(
  channel: ExecChannel,
  reader: ByteReader,
  marker: string,
  timeoutMs: number,
  become: Become,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let noise = '';
  for (;;) {
    const line = await reader.line(Math.max(1, deadline - performance.now()));
    if (line === marker) return;
    if (line === null) throw noRunner(await channel.exit, `${noise}\n${channel.stderr()}`, become);
    noise = `${noise}\n${line}`.slice(-NOISE_KEPT);
  }
}

function noRunner(exit: ExecExit, said: string, become: Become): RunnerRefused {
  const end = exit.code === null ? `signal ${exit.signal ?? 'unknown'}` : `exit code ${exit.code}`;
  const words = said.trim().slice(-NOISE_KEPT);
  if (become === 'sudo' && /\bsudo\b/.test(words)) {
    return new RunnerRefused(
      'become_refused',
      `sudo -n gives no root here: ${words}. Let the user run sh without a password (sudoers: NOPASSWD), or set become: none.`,
      { ...exit, said: words },
    );
  }
  return new RunnerRefused(
    'no_runner',
    `the host's login shell ended (${end}) before the runner spoke${words ? `: ${words}` : ''}. ` +
      'Log in as that user by hand: it needs a working shell with sh and head.',
    { ...exit, said: words },
  );
}

/** The end of the output where a frame should have been. */
export async function outputEnded({ channel }: RunnerLine): Promise<HostUnreachable> {
  const exit = await channel.exit;
  const words = channel.stderr().trim().slice(0, NOISE_KEPT);
  return new HostUnreachable(
    'connection_lost',
    `the runner's voice on the host ended (${exit.code ?? exit.signal ?? 'unknown'})${words ? `: ${words}` : ''}. ` +
      'Its steps go on; attach again.',
  );
}
