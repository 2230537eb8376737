import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerFile, listen, sendAnswer, type FeedServer, type FileAnswer } from '../../server/demo/feed-server.ts';

/** What goes wrong with one answer. */
export type Fault =
  /** The connection breaks after so many bytes of the body. */
  | { kind: 'truncate'; afterBytes: number }
  /** The body ends properly after so many bytes, without a Content-Length that would tell. */
  | { kind: 'end_early'; afterBytes: number }
  /** One byte of the file is another. */
  | { kind: 'corrupt'; atByte: number }
  /** The whole file, whatever range was asked for. */
  | { kind: 'ignore_range' }
  /** A range is answered, but another one. */
  | { kind: 'wrong_range' }
  /** More bytes than the file has, without a Content-Length. */
  | { kind: 'append'; bytes: number }
  /** So many bytes, and then nothing while the connection stays open. */
  | { kind: 'stall'; afterBytes: number }
  /** The connection breaks before the answer. */
  | { kind: 'hang_up' }
  | { kind: 'status'; status: number }
  | { kind: 'redirect'; to: string }
  /** Another header on an otherwise good answer. */
  | { kind: 'header'; name: string; value: string }
  /** Another body altogether. */
  | { kind: 'body'; content: string };

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly etag: string | undefined;
  readonly status: number;
}

export interface FaultyFeed extends FeedServer {
  /** The next requests for this file meet these faults, one each; then all is well again. */
  break(file: string, ...faults: Fault[]): void;
  /** Every request so far, in order. */
  readonly seen: readonly SeenRequest[];
}

/** The demo's feed server with faults on request. */
export async function startFaultyFeed(folder: string): Promise<FaultyFeed> {
  const faults = new Map<string, Fault[]>();
  const seen: SeenRequest[] = [];
  const server = await listen(0, async (request, response) => {
    const path = (request.url ?? '').slice(1);
    const fault = faults.get(path)?.shift();
    const { range, 'if-none-match': etag } = request.headers;
    if (fault?.kind === 'ignore_range') delete request.headers.range;
    const answer = faultyHeaders(await answerFile(folder, request), fault);
    seen.push({ path, range, etag, status: answer.status });
    if (fault?.kind === 'hang_up') response.destroy();
    else await sendFaulty(answer, fault, request, response);
  });
  return {
    ...server,
    seen,
    break: (file, ...next) => faults.set(file, [...(faults.get(file) ?? []), ...next]),
  };
}

function faultyHeaders(answer: FileAnswer, fault: Fault | undefined): FileAnswer {
  switch (fault?.kind) {
    case 'status':
      return { status: fault.status, headers: {} };
    case 'redirect':
      return { status: 302, headers: { location: fault.to } };
    case 'wrong_range':
      return { ...answer, status: 206, headers: { ...answer.headers, 'content-range': 'bytes 1-2/3' } };
    case 'header':
      return { ...answer, headers: { ...answer.headers, [fault.name]: fault.value } };
    case 'end_early':
    case 'append':
    case 'body':
      return { ...answer, headers: without(answer.headers, 'content-length') };
    default:
      return answer;
  }
}

function without(headers: FileAnswer['headers'], name: string): FileAnswer['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name));
}

async function sendFaulty(
  answer: FileAnswer,
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!answer.file || fault === undefined) return sendAnswer(answer, request, response);
  response.writeHead(answer.status, answer.headers);
  if (fault.kind === 'body') {
    response.end(fault.content);
    return;
  }
  const bytes = await bodyOf(answer.file, fault);
  if (fault.kind !== 'truncate' && fault.kind !== 'stall') {
    response.end(bytes);
    return;
  }
  // Only when the bytes have left may the connection break, or the client would see fewer of them.
  await new Promise<void>((resolve) => response.write(bytes, () => resolve()));
  if (fault.kind === 'truncate') response.socket?.end();
}

async function bodyOf(file: NonNullable<FileAnswer['file']>, fault: Fault): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(file.path, { start: file.start, end: file.end }))
    chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (fault.kind === 'append') return Buffer.concat([bytes, Buffer.alloc(fault.bytes)]);
  if (fault.kind === 'corrupt') {
    const at = fault.atByte - file.start;
    if (at >= 0 && at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  }
  const cuts = fault.kind === 'truncate' || fault.kind === 'end_early' || fault.kind === 'stall';
  return cuts ? bytes.subarray(0, fault.afterBytes) : bytes;
}
