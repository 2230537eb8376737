/**
 * The server of wall.ts, a process of its own: the pages as built, and our own live end (snapshots, ring, board stream with
 * its batches and its care for slow clients) on a log that is told here instead of read from PostgreSQL.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { freshness } from '../../server/contracts/live.ts';
import type { AnyActivity } from '../../server/domain/activity.ts';
import type { JobView, TaskView } from '../../server/domain/views.ts';
import type { BoardFeed } from '../../server/live/board-feed.ts';
import { openBoardStream } from '../../server/live/board-stream.ts';
import { createRing } from '../../server/live/ring.ts';
import { createSnapshots } from '../../server/live/snapshot.ts';
import { backlogBytes, type LiveServer } from '../../server/live/socket.ts';
import { begin, fleet, startInstall, succeed } from '../support/board-fixture.ts';
import type { Story } from '../support/story.ts';

export type Order = { kind: 'rate'; perSecond: number } | { kind: 'live'; simulatedMs: number; changes: number };

const hosts = Number(process.argv[2] ?? 10_000);
const dist = join(import.meta.dirname, '../../dashboard/dist');
const require = createRequire(import.meta.url);
const client = join(require.resolve('socket.io-client'), '../../../dist/socket.io.min.js');
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** The yardsticks: a page with an empty canvas, and one that takes every message and does nothing with it. */
const yardsticks: Record<string, string> = {
  '/empty': '<!doctype html><canvas width="1920" height="1080"></canvas>',
  '/receiver': `<!doctype html><script src="/client.js"></script><script>
    fetch('/api/v1/board?part=wall').then((a) => a.json()).then(({ board }) => {
      const socket = io({ transports: ['websocket'] });
      socket.on('connect', () => socket.emit('board:follow', { since: board.cursor }, () => undefined));
      socket.on('board:batch', ({ activities }) => (window.taken = (window.taken ?? 0) + activities.length));
    });</script>`,
};

const story = fleet(hosts, Date.now());
startInstall(story);
for (let id = 1; id <= hosts; id += 1) if (id % 7 === 0) begin(story, id);
const ring = createRing(20_000, story.board.cursor);
const listeners: ((news: 'moved') => void)[] = [];
const feed: BoardFeed = {
  board: story.board,
  after: (since) => ring.after(since),
  age: () => 0,
  listen: (fn) => void listeners.push(fn),
  stop: async () => undefined,
};
const snapshot = createSnapshots(feed, 'dev', () => story.now);
const http = createServer(
  (request, response) =>
    void serve(request.url ?? '/').then((answer) => {
      response.writeHead(answer.status, { 'content-type': answer.type, ...answer.headers });
      response.end(answer.body);
    }),
);
const io: LiveServer = new Server(http, { serveClient: false });
const stream = openBoardStream(io, feed, { isAhead: () => Promise.resolve(false) });
io.on('connection', (socket) => {
  socket.on('board:follow', ({ since }, answer) => void stream.follow(socket, since).then(answer));
  socket.on('disconnect', () => stream.forget(socket));
});
let sequence = 0;
setInterval(() => {
  const ages = { clock: 500, queue: 500, feed: 500 };
  stream.beat({ sequence: ++sequence, serverTime: story.now, build: 'dev', cursor: stream.position(), ages });
}, freshness.heartbeatMs);

await listening(http);
process.send?.({ kind: 'ready', origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}` });

let perSecond = 0;
let owed = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  // What could not be told in time is not made up for at once: a stall of ours must not become a burst.
  owed = Math.min(owed + ((now - last) / 1_000) * perSecond, perSecond / 4);
  last = now;
  if (perSecond > 0) story.now = Date.now();
  tell(Array.from({ length: Math.floor(owed) }, () => change(story)).flat());
  owed -= Math.floor(owed);
}, 20);

process.on('message', (order: Order) => {
  if (order.kind === 'rate') perSecond = order.perSecond;
  else void live(order.simulatedMs, order.changes).then((told) => process.send?.({ kind: 'lived', told }));
});
process.on('disconnect', () => process.exit(0));

function tell(activities: AnyActivity[]): void {
  if (activities.length === 0) return;
  ring.push(activities);
  for (const listener of listeners) listener('moved');
}

/** One host changes what the wall shows of it: it begins or ends its part in the job. */
function change(story: Story): AnyActivity[] {
  const id = 1 + Math.floor(Math.random() * hosts);
  return (story.board.tasks[id] as TaskView).status === 'running' ? succeed(story, id) : begin(story, id);
}

/**
 * As much as `ms` of simulated time with `changes` changes of hosts, evenly, as fast as the page takes them; each ten
 * minutes of it a job ends and another one begins.
 */
async function live(ms: number, changes: number): Promise<number> {
  const chunk = 250;
  const start = story.now;
  let told = 0;
  let nextJobAt = start + 600_000;
  for (let done = 0; done < changes; done += chunk) {
    story.now = start + Math.round((ms * done) / changes);
    const activities = Array.from({ length: chunk }, () => change(story)).flat();
    if (story.now >= nextJobAt) {
      nextJobAt += 600_000;
      activities.push(...nextJob(story));
    }
    told += activities.length;
    tell(activities);
    await new Promise((resolve) => setTimeout(resolve, 25));
    while ([...io.sockets.sockets.values()].some((socket) => backlogBytes(socket) > 100_000))
      await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return told;
}

/** The job of a hundred hosts that another one takes over from. */
function nextJob(story: Story): AnyActivity[] {
  const jobs = Object.values(story.board.jobs);
  const job = jobs.reduce((newest, one) => (one.id > newest.id ? one : newest));
  const ended = job.id === 42 ? [] : [story.job(job.id, { status: 'succeeded', endedAt: story.now }, 'job.ended')];
  const view: Omit<JobView, 'revision'> = { ...job, id: job.id + 1, createdAt: story.now, startedAt: story.now };
  const said = story.say({ kind: 'job.requested', entity: 'job', view: { ...view, status: 'running', endedAt: null } });
  return [...ended, said];
}

async function serve(
  url: string,
): Promise<{ status: number; type: string; body: Uint8Array | string; headers?: object }> {
  const path = new URL(url, 'http://localhost').pathname;
  if (path === '/api/v1/board') {
    const { gzip } = await snapshot('wall');
    return { status: 200, type: 'application/json', body: gzip, headers: { 'content-encoding': 'gzip' } };
  }
  if (path === '/api/v1/displays/own') return { status: 200, type: 'application/json', body: '{"display":null}' };
  const yardstick = yardsticks[path];
  if (yardstick) return { status: 200, type: 'text/html', body: yardstick };
  const file = path === '/wall' ? join(dist, 'wall.html') : path === '/client.js' ? client : join(dist, path);
  try {
    const type = types[extname(file)] ?? 'application/octet-stream';
    return { status: 200, type, body: await readFile(file) };
  } catch {
    return { status: 404, type: 'text/plain', body: 'not here' };
  }
}

async function listening(server: HttpServer): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
