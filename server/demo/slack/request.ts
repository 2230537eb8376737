import type { IncomingMessage } from 'node:http';
import type { Json } from './workspace.ts';

export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The file of an upload: raw bytes, or the one part of a form. */
export async function uploadOf(bytes: Buffer, type: string | undefined): Promise<Buffer> {
  if (!type?.startsWith('multipart/form-data')) return bytes;
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
  for (const [, part] of form) if (typeof part !== 'string') return Buffer.from(await part.arrayBuffer());
  return bytes;
}

export interface Call {
  readonly args: Json;
  readonly token: string;
}

/** Arguments of a Web API call from form, JSON or query; form fields that carry JSON are parsed. */
export function callOf(request: IncomingMessage, body: string): Call {
  const query = new URL(request.url ?? '/', 'http://slack.invalid').searchParams;
  const json = request.headers['content-type']?.startsWith('application/json');
  const sent = json ? (JSON.parse(body || '{}') as Json) : fromForm(new URLSearchParams(body));
  const { token, ...args } = { ...fromForm(query), ...sent };
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  return { args, token: bearer ?? (typeof token === 'string' ? token : '') };
}

function fromForm(form: URLSearchParams): Json {
  return Object.fromEntries([...form].map(([key, value]) => [key, fieldOf(key, value)]));
}

const carriesJson: ReadonlySet<string> = new Set(['blocks', 'view', 'attachments', 'metadata', 'files']);

function fieldOf(key: string, value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  if (!carriesJson.has(key)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
