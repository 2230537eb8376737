import { mkdir, open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { digestFile, digestInto, startDigest, type ArtifactDigest, type RunningDigest } from './artifact-digest.ts';
import { judgeSignatureForm, verifyArtifactSignature } from './artifact-signature.ts';
import type { ArtifactSignature, SignatureDemand } from './artifact-signature.ts';
import { addressOf, openArtifact, readSmallText, type OpenArtifact } from './artifact-source.ts';
import { DownloadError, onDisk, type DownloadErrorCode } from './download-error.ts';
import { commitFile } from './durable-file.ts';
import { causeOf, shownUrl } from './http-get.ts';
import { discardPart, partOf, partSize, refuseFullDisk } from './part-file.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';

export { DownloadError, type DownloadErrorCode } from './download-error.ts';
export { discardPart } from './part-file.ts';
export type { ArtifactSignature, SignatureDemand } from './artifact-signature.ts';

export interface DownloadRequest {
  /** `http:`, `https:` or `file:`. */
  readonly url: URL | string;
  /** The final path. Until everything agrees the bytes stand in `<path>.part`. One download per path at a time. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly signature?: SignatureDemand | undefined;
  /** Called at the start and for every piece that is on the disk; bytes. Not awaited. */
  onProgress?(progress: { received: number; total: number }): void;
  readonly signal?: AbortSignal | undefined;
  /** Give up when nothing arrives for so long, in milliseconds. Default 30 000. */
  readonly stallMs?: number | undefined;
}

export interface DownloadedArtifact {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** null when none was demanded and none could be judged. */
  readonly signature: ArtifactSignature | null;
  /** The byte from which an earlier try was taken up; `size` when nothing had to be sent. */
  readonly resumedFrom: number;
}

interface Received {
  /** The final path when it was there already, otherwise the part. */
  readonly at: string;
  readonly digest: ArtifactDigest;
  readonly resumedFrom: number;
}

const SIGNATURE_LIMIT_BYTES = 8 * 1024;

/** Errors after which the part is worthless or in the way; any other keeps it for the next try. */
const DISCARDS: ReadonlySet<DownloadErrorCode> = new Set([
  'size_mismatch',
  'digest_mismatch',
  'signature_invalid',
  'disk_full',
]);

/**
 * Downloads an artifact, or goes on with a download that was cut off, and gives it its name only when size, SHA-256 and
 * signature agree and it is safe on the disk. Throws DownloadError. Rule: section 3.
 */
export async function downloadArtifact(request: DownloadRequest): Promise<DownloadedArtifact> {
  const watchdog = createWatchdog(request.stallMs ?? 30_000, request.signal);
  try {
    const signatureText = await readSignature(request.signature, watchdog);
    await onDisk(request.path, () => mkdir(dirname(request.path), { recursive: true }));
    const received = await receiveVerified(request, watchdog);
    return await accept(request, received, signatureText);
  } catch (error) {
    const failure = classified(error, request, watchdog);
    if (failure instanceof DownloadError && DISCARDS.has(failure.code)) await discardPart(request.path);
    throw failure;
  } finally {
    watchdog.pause();
  }
}

async function readSignature(demand: SignatureDemand | undefined, watchdog: Watchdog): Promise<string | null> {
  if (!demand || (!demand.required && demand.publicKeys.length === 0)) return null;
  watchdog.rearm();
  const fetched = demand.text === undefined && demand.url !== undefined;
  const text = fetched
    ? await readSmallText(addressOf(demand.url), SIGNATURE_LIMIT_BYTES, watchdog.signal)
    : (demand.text ?? null);
  watchdog.pause();
  judgeSignatureForm(text, demand);
  return text;
}

async function receiveVerified(request: DownloadRequest, watchdog: Watchdog): Promise<Received> {
  const received = (await alreadyThere(request, watchdog)) ?? (await receive(request, watchdog));
  if (received.digest.sha256 === request.sha256.toLowerCase()) return received;
  await discardPart(request.path);
  // Old bytes may be what spoilt it (a power cut, another artifact there before), so the whole is worth one try.
  if (received.resumedFrom > 0) return receiveVerified(request, watchdog);
  throw new DownloadError(
    'digest_mismatch',
    `${shownUrl(addressOf(request.url))} has SHA-256 ${received.digest.sha256}; the feed says ${request.sha256}. ` +
      'Publish the artifact that the feed describes; if nobody changed it on purpose, treat it as tampered with.',
  );
}

async function accept(
  request: DownloadRequest,
  { at, digest, resumedFrom }: Received,
  signatureText: string | null,
): Promise<DownloadedArtifact> {
  const { path, size } = request;
  const signature =
    signatureText === null
      ? null
      : await verifyArtifactSignature(signatureText, request.signature?.publicKeys ?? [], digest, at);
  if (at !== path) await onDisk(path, () => commitFile(at, path));
  return { path, size, sha256: digest.sha256, signature, resumedFrom };
}

/** What an earlier download left under the final name, when it is this artifact. */
async function alreadyThere({ path, size, sha256 }: DownloadRequest, { signal }: Watchdog): Promise<Received | null> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile() || found.size !== size) return null;
  const digest = await onDisk(path, () => digestFile(path, signal));
  return digest.sha256 === sha256.toLowerCase() ? { at: path, digest, resumedFrom: size } : null;
}

async function receive(request: DownloadRequest, watchdog: Watchdog): Promise<Received> {
  const { path, size } = request;
  const part = partOf(path);
  const taken = await partSize(path, size);
  await onDisk(path, () => refuseFullDisk(path, size - taken));
  const digest = startDigest();
  // Before the connection is opened: hashing gigabytes would let it time out.
  await onDisk(path, () => digestInto(digest, part, { bytes: taken, signal: watchdog.signal }));
  if (taken === size) return { at: part, digest: digest.end(), resumedFrom: taken };
  watchdog.rearm();
  const source = await openArtifact(addressOf(request.url), taken, size, watchdog.signal);
  watchdog.pause();
  const running = source.from === taken ? digest : startDigest();
  const file = await onDisk(path, () => open(part, 'a'));
  try {
    await onDisk(path, () => cutTo(file, source.from));
    await append(request, source, file, running, watchdog);
  } finally {
    source.body.destroy();
    await file.close();
  }
  return { at: part, digest: running.end(), resumedFrom: source.from };
}

/** The old bytes of a part go when the whole comes again. */
async function cutTo(file: FileHandle, size: number): Promise<void> {
  if ((await file.stat()).size > size) await file.truncate(size);
}

async function append(
  request: DownloadRequest,
  source: OpenArtifact,
  file: FileHandle,
  digest: RunningDigest,
  watchdog: Watchdog,
): Promise<void> {
  const total = request.size;
  let received = source.from;
  request.onProgress?.({ received, total });
  for await (const chunk of arriving(source, watchdog, () => cutOff(request, received))) {
    received += chunk.length;
    if (received > total) throw tooLong(request);
    await onDisk(request.path, () => file.appendFile(chunk));
    digest.add(chunk);
    request.onProgress?.({ received, total });
  }
  if (received < total) throw cutOff(request, received)('the server ended it');
}

/** The bytes as they come; the watchdog counts only the time in which we wait for the other side. */
async function* arriving(
  { body }: OpenArtifact,
  watchdog: Watchdog,
  broken: () => (cause: string) => DownloadError,
): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    watchdog.rearm();
    const next = await chunks.next().catch((error: unknown) => {
      watchdog.signal.throwIfAborted();
      throw broken()(causeOf(error));
    });
    watchdog.pause();
    if (next.done) return;
    yield next.value as Buffer;
  }
}

function cutOff(request: DownloadRequest, received: number): (cause: string) => DownloadError {
  return (cause) =>
    new DownloadError(
      'truncated',
      `The download of ${shownUrl(addressOf(request.url))} was cut off after ${received} of ${request.size} bytes: ${cause}. ` +
        'What has arrived is kept; download again to go on from there.',
    );
}

function tooLong(request: DownloadRequest): DownloadError {
  return new DownloadError(
    'size_mismatch',
    `${shownUrl(addressOf(request.url))} sends more than the ${request.size} bytes of the feed. ` +
      'Publish the artifact that the feed describes, then check the feed.',
  );
}

/** An abort surfaces as whatever the stream was doing; the signals say who asked for it. */
function classified(error: unknown, request: DownloadRequest, watchdog: Watchdog): unknown {
  if (error instanceof DownloadError) return error;
  const shown = shownUrl(addressOf(request.url));
  if (request.signal?.aborted) {
    return new DownloadError('cancelled', `The download of ${shown} was cancelled. What has arrived is kept.`);
  }
  if (watchdog.expired) {
    return new DownloadError(
      'stalled',
      `Nothing came from ${shown} for ${request.stallMs ?? 30_000} ms. What has arrived is kept; download again to go on.`,
    );
  }
  return error;
}
