import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How answers come through: as they are, cut off in the middle, as somebody else's failure, or not within anyone's patience. */
export type LineState = 'whole' | 'truncated' | 'failed' | 'slow';

export interface FaultyLine {
  url: string;
  state: LineState;
  close(): Promise<void>;
}

/** A proxy in front of a server. Requests always arrive: what goes wrong goes wrong on the way back. */
export async function faultyLine(target: string): Promise<FaultyLine> {
  const line = { url: '', state: 'whole' as LineState };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? null : Buffer.concat(chunks);
    const headers = new Headers();
    for (const name of ['authorization', 'content-type', 'if-none-match']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const answer = await fetch(target + request.url, { method: request.method ?? 'GET', headers, body });
    const content = Buffer.from(await answer.arrayBuffer());
    if (line.state === 'failed') return void response.writeHead(502).end('the proxy is tired');
    response.writeHead(answer.status, { etag: answer.headers.get('etag') ?? '', 'content-length': content.length });
    if (line.state === 'whole') return void response.end(content);
    response.write(content.subarray(0, content.length / 2), () => {
      if (line.state === 'truncated') response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  line.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(line, {
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
