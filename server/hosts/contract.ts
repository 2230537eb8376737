/**
 * How the server reaches a host and what it may expect of the host runner. Types, closed code lists and the two errors; no I/O.
 * Drivers: drivers/. Verbs: run-attempt.ts, cancel-attempt.ts, inspect-host.ts. The runner itself: runner/.
 */
import type { FinalReport, Hello, RunnerReport } from './protocol.ts';

export type { FinalReport, Hello, HostFacts, RunnerReport } from './protocol.ts';

/** How a host is reached. */
export type HostAddress = LocalAddress | Ssh2Address | OpenSshAddress;

/** Who the runner runs as: the user of the connection, or root by `sudo -n`. */
export type Become = 'none' | 'sudo';

export interface LocalAddress {
  readonly transport: 'local';
  readonly become?: Become | undefined;
}

/** A machine, who asks there, and the host keys it may show. */
export interface SshPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /**
   * `SHA256:…` fingerprints or public key lines (`ssh-ed25519 AAAA…`). Empty: the host is refused with `host_key_unknown`.
   * With `@revoked ` before it a key is refused whatever else says so; `@cert-authority ` is for `openssh` alone.
   */
  readonly hostKeys: readonly string[];
}

export interface Ssh2Address extends SshPlace {
  readonly transport: 'ssh2';
  /** A private key's text (OpenSSH or PEM, without passphrase), or the path of an agent's socket. */
  readonly auth: { readonly privateKey: string } | { readonly agent: string };
  readonly become?: Become | undefined;
}

/** A key file that ssh may read (mode 0600), with its certificate if it has one; or the path of an agent's socket. */
export type OpenSshAuth =
  { readonly identityFile: string; readonly certificateFile?: string | undefined } | { readonly agent: string };

/** Reached by the system's ssh client. */
export interface OpenSshAddress extends SshPlace {
  readonly transport: 'openssh';
  readonly auth: OpenSshAuth;
  /** The bastion that the line goes through. */
  readonly jump?: (SshPlace & { readonly auth: OpenSshAuth }) | undefined;
  /** An ssh_config whose settings count where this address says nothing. */
  readonly configFile?: string | undefined;
  readonly become?: Become | undefined;
}

export type UnreachableCode =
  | 'connect_failed'
  | 'timeout'
  | 'host_key_unknown'
  | 'host_key_changed'
  | 'host_key_revoked'
  | 'auth_failed'
  | 'client_missing'
  | 'channel_refused'
  | 'connection_lost';

const NEEDS_A_PERSON: ReadonlySet<UnreachableCode> = new Set([
  'host_key_unknown',
  'host_key_changed',
  'host_key_revoked',
  'auth_failed',
  'client_missing',
]);

/**
 * The line to the host could not be opened, or is gone. What runs on the host goes on: attach again with the same attempt.
 * `retryable` is false where trying again cannot help before a person has acted (host key, authentication).
 */
export class HostUnreachable extends Error {
  override readonly name = 'HostUnreachable';
  readonly code: UnreachableCode;
  readonly retryable: boolean;
  /** With `host_key_unknown` and `host_key_changed`: the key that was shown, as a public key line, for a person to compare. */
  readonly seenHostKey: string | null;
  constructor(code: UnreachableCode, message: string, options?: ErrorOptions & { readonly seenHostKey?: string }) {
    super(message, options);
    this.code = code;
    this.seenHostKey = options?.seenHostKey ?? null;
    this.retryable = !NEEDS_A_PERSON.has(code);
  }
}

export type RefusalCode =
  | 'fence_stale'
  | 'busy'
  | 'missing_tools'
  | 'bad_root'
  | 'bad_plan'
  | 'no_runner'
  | 'become_refused'
  | 'runner_died'
  | 'package_missing'
  | 'protocol_error';

/** The host was reached and said no, before any step ran or while following: nothing more happens by this caller. */
export class RunnerRefused extends Error {
  override readonly name = 'RunnerRefused';
  readonly code: RefusalCode;
  readonly detail: Readonly<Record<string, unknown>>;
  constructor(code: RefusalCode, message: string, detail: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

export interface ExecExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One command that runs on the host. Losing the line rejects `write`, `stdout` and `exit` with HostUnreachable `connection_lost`. */
export interface ExecChannel {
  /** Resolves when the transport has taken the bytes and has room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** End of standard input. */
  end(): void;
  /** Standard output. To be read once; what is not read holds the command back. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** The first 8 KiB of standard error so far: enough for the reason, safe from a flood. */
  stderr(): string;
  readonly exit: Promise<ExecExit>;
  /** Leaves the command alone: closes the channel, kills nothing on the host that has its own session. */
  close(): void;
}

export interface HostSession {
  readonly become: Become;
  /** Runs a command line in the user's login shell. An aborted signal closes the channel. */
  exec(command: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<ExecChannel>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the first packet to an authenticated session, in milliseconds; the wait for a free handshake slot is not counted. */
  readonly connectTimeoutMs: number;
}

export interface HostDriver<Address extends HostAddress = HostAddress> {
  /** Throws HostUnreachable, or the signal's reason. */
  open(address: Address, options: OpenOptions): Promise<HostSession>;
}

export const HOOKS = ['pre-install', 'post-install', 'health'] as const;
export type HookName = (typeof HOOKS)[number];

export interface HookSpec {
  /** Whole seconds on the host: rounded up. */
  readonly timeoutMs: number;
}

/** Everything one attempt on one host needs. The same attempt has the same plan, except for `fence`, which rises at each take-over. */
export interface AttemptPlan {
  /** Unique per task and try; letters, digits, `.`, `_`, `-`. */
  readonly attempt: string;
  /** Raised whenever a worker takes this host and product, over all attempts: the host refuses a lower one, for ever. */
  readonly fence: number;
  /** Absolute path on the host. */
  readonly root: string;
  readonly product: string;
  readonly version: string;
  /** SHA-256 of the package, hex. */
  readonly digest: string;
  /** Size of the package in bytes. */
  readonly size: number;
  readonly kind: 'install' | 'rollback';
  readonly onFailure: 'restore' | 'leave';
  /** How many releases stay on the host, the current one included. */
  readonly keep: number;
  /** Names of release folders (`releaseFolder`) that are never pruned: the known-good ones. */
  readonly keepReleases: readonly string[];
  /** A hook runs when the package has it; here are the timeouts that the manifest asks for. Default: `stepTimeoutMs`. */
  readonly hooks: Readonly<Partial<Record<HookName, HookSpec>>>;
  readonly stepTimeoutMs: number;
  /** Limit of the unpacked tar stream in bytes, headers included. */
  readonly unpackLimitBytes: number;
  /** Limit of the entries in a package. Default 100 000. */
  readonly unpackLimitEntries?: number;
  /** Log bytes that are sent to the server; the host keeps the whole log. */
  readonly logCapBytes: number;
  /** Given to hooks beside SIGNALBOX_*; never stored on the host, never on a command line. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Each callback is awaited before more is read: an offset that was stored is an offset from which to resume without gap or repeat. */
export interface AttemptObserver {
  onHello?(hello: Hello): void | Promise<void>;
  /** `next` is the `reportOffset` with which to resume after this report. */
  onReport(report: RunnerReport, next: number): void | Promise<void>;
  /** `offset` is where the bytes stand in the log; resume with `offset + bytes.length`. */
  onLog(chunk: { readonly offset: number; readonly bytes: Uint8Array }): void | Promise<void>;
  /** The log has grown past the cap `at`; no more of it comes. `total` as seen now; the final report has the final figure. */
  onLogCut?(cut: { readonly at: number; readonly total: number }): void | Promise<void>;
  /** Bytes of the package that the transport has taken. Not awaited. */
  onTransfer?(sent: number, total: number): void;
}

export interface AttemptOptions extends AttemptObserver {
  /** Opens the package on the server; called only when the host lacks it. Exactly `plan.size` bytes. */
  readonly artifact: () => AsyncIterable<Uint8Array>;
  readonly logOffset: number;
  readonly reportOffset: number;
  /** Aborting leaves the host alone: the steps go on there. To stop them: cancelAttempt. */
  readonly signal?: AbortSignal | undefined;
  /** The host's runner has to speak within this time (a slow login shell counts). Default 30 000 ms. */
  readonly helloTimeoutMs?: number;
  /** A followed host that is silent for so long counts as lost; the runner beats every 2 s. Default 20 000 ms. */
  readonly silenceTimeoutMs?: number;
}

/** Throws HostUnreachable (attach again), RunnerRefused, or the signal's reason. */
export type RunAttempt = (session: HostSession, plan: AttemptPlan, options: AttemptOptions) => Promise<FinalReport>;

/** The folder of a release below `<root>/<product>/releases/`. Characters that a path does not like become `_`. */
export function releaseFolder(version: string, digest: string): string {
  return `${version.replace(/[^A-Za-z0-9._+-]/g, '_').replace(/^[.-]/, '_')}-${digest.slice(0, 8)}`;
}
