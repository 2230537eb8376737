import { clientReportAnswer, downstreamFeed, type DownstreamFeed } from '../../server/contracts/downstream.ts';

/** A client as it stands in somebody's cluster: it asks its feed under its token, and says what it took over and deployed. */
export interface DownstreamClient {
  /** A whole version check: asks, reads to the end, and says that it has the answer. Null: nothing new. Throws when it fails. */
  check(): Promise<DownstreamFeed | null>;
  /** Asks and reads without saying that it has the answer. */
  read(): Promise<{ etag: string; feed: DownstreamFeed } | null>;
  report(says: object): Promise<{ status: number; body: unknown }>;
  deployed(version: string, outcome?: 'succeeded' | 'failed'): Promise<string | null>;
  /** Fetches the artifact of a release; the code of the refusal when it is not given. */
  fetch(version: string): Promise<{ bytes: Buffer } | { refused: string; detail: string }>;
}

export interface DownstreamPlace {
  url: string;
  token: string;
  product?: string;
  channel?: string;
  /** Milliseconds from the beginning of an answer until it gives up on the rest. Read at each check. */
  patienceMs?: number;
}

export function downstreamClient(place: DownstreamPlace): DownstreamClient {
  const { url, token, product = 'orders', channel = 'stable' } = place;
  const base = `${url}/api/v1/feed/${product}/${channel}`;
  const authorization = `Bearer ${token}`;
  let known: string | undefined;

  const client: DownstreamClient = {
    async read() {
      const headers = { authorization, ...(known === undefined ? {} : { 'if-none-match': known }) };
      const answer = await fetch(base, { headers });
      if (answer.status === 304) return null;
      if (!answer.ok) throw new Error(`the feed answered ${answer.status}`);
      const feed = downstreamFeed.parse(JSON.parse(await wholeText(answer, place.patienceMs)));
      if (feed.entries.length !== feed.count) throw new Error('the answer is not whole');
      return { etag: answer.headers.get('etag') ?? '', feed };
    },
    async check() {
      const answer = await client.read();
      if (!answer) return null;
      const said = await client.report({ etag: answer.etag });
      if (said.status !== 200) throw new Error(`the report was answered ${said.status}`);
      known = answer.etag;
      return answer.feed;
    },
    async report(says) {
      const answer = await fetch(`${base}/report`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(says),
      });
      return { status: answer.status, body: await answer.json() };
    },
    async deployed(version, outcome = 'succeeded') {
      const { status, body } = await client.report({ deployed: { version, outcome } });
      if (status !== 200) throw new Error(`the report was answered ${status}: ${JSON.stringify(body)}`);
      return clientReportAnswer.parse(body).surprise?.code ?? null;
    },
    async fetch(version) {
      const answer = await fetch(`${base}/releases/${version}/artifact`, { headers: { authorization } });
      if (answer.ok) return { bytes: Buffer.from(await answer.arrayBuffer()) };
      const problem = (await answer.json()) as { reason?: string; code: string; detail: string };
      return { refused: problem.reason ?? problem.code, detail: problem.detail };
    },
  };
  return client;
}

async function wholeText(answer: Response, patienceMs = 10_000): Promise<string> {
  const lost = Promise.withResolvers<never>();
  const patience = setTimeout(() => lost.reject(new Error('the answer does not end')), patienceMs);
  try {
    return await Promise.race([answer.text(), lost.promise]);
  } finally {
    clearTimeout(patience);
  }
}
