/**
 * A stand-in for the server's live end: the built pages, the snapshot, and real Socket.IO that speaks the live contract.
 * `node test/support/serve-fixture.ts rollout 300` shows a made-up fleet at http://127.0.0.1:4610/wall.
 */
import { createServer, type Server as HttpServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import type { AnyActivity } from '../../server/domain/activity.ts';
import type { Board } from '../../server/domain/board.ts';
import type { ClientEvents, Heartbeat, ServerEvents } from '../../server/contracts/live.ts';
import { packSnapshot } from '../../server/contracts/snapshot.ts';
import { wallBoard } from '../../server/domain/wall-board.ts';
import { begin, situations, storyOf, succeed, type Situation } from './board-fixture.ts';
import type { Story } from './story.ts';

export interface LiveFixture {
  origin: string;
  io: Server<ClientEvents, ServerEvents>;
  /** Sends activities to every follower, and keeps them for those that resume. */
  publish(activities: AnyActivity[]): void;
  beat(change?: Partial<Heartbeat>): void;
  /** What the next snapshot request is answered with; 200 by default. */
  snapshotStatus: number;
  snapshots: number;
  follows: string[];
  close(): Promise<void>;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** Serves `board` as the server would. `dist`: folder of the built pages. `port` 0 takes a free one. */
export async function serveFixture(
  board: Board,
  { port = 0, dist = join(import.meta.dirname, '../../dashboard/dist'), build = 'dev', now = () => Date.now() } = {},
): Promise<LiveFixture> {
  const log: { from: string; activity: AnyActivity }[] = [];
  const started = board.cursor;
  let sequence = 0;
  const http = createServer((request, response) => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (path === '/api/v1/board') {
      fixture.snapshots += 1;
      response.writeHead(fixture.snapshotStatus, { 'content-type': 'application/json' });
      if (fixture.snapshotStatus !== 200) response.end('{}');
      else {
        const shown = searchParams.get('part') === 'wall' ? wallBoard(board) : board;
        void packSnapshot({ board: shown, serverTime: now(), build }).then((made) =>
          response.end(JSON.stringify(made)),
        );
      }
      return;
    }
    void page(dist, path).then(([status, type, body]) => {
      response.writeHead(status, { 'content-type': type, 'content-security-policy': "default-src 'self'" });
      response.end(body);
    });
  });
  const io = new Server<ClientEvents, ServerEvents>(http);
  const following = new Set<Socket<ClientEvents, ServerEvents>>();
  const fixture: LiveFixture = {
    origin: '',
    io,
    snapshotStatus: 200,
    snapshots: 0,
    follows: [],
    publish(activities) {
      let from = log.at(-1)?.activity.cursor ?? started;
      const first = from;
      for (const activity of activities) {
        log.push({ from, activity });
        from = activity.cursor;
      }
      for (const socket of following)
        if (!socket.data['deaf']) socket.emit('board:batch', { from: first, to: from, activities });
    },
    beat(change = {}) {
      const ages = { clock: 800, queue: 400, feed: 20_000 };
      io.emit('engine:heartbeat', {
        sequence: ++sequence,
        serverTime: now(),
        build,
        cursor: board.cursor,
        ages,
        ...change,
      });
    },
    close: () => new Promise((resolve) => void io.close(() => resolve())),
  };
  io.on('connection', (socket) => {
    socket.on('board:follow', ({ since }, answer) => {
      fixture.follows.push(since);
      const at = log.findIndex(({ from }) => from === since);
      const current = (log.at(-1)?.activity.cursor ?? started) === since;
      if (at < 0 && !current) return answer({ ok: false, code: 'too_far_behind' });
      answer({ ok: true });
      following.add(socket);
      const missed = at < 0 ? [] : log.slice(at).map(({ activity }) => activity);
      const last = missed.at(-1);
      if (last) socket.emit('board:batch', { from: since, to: last.cursor, activities: missed });
    });
    socket.on('disconnect', () => following.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  fixture.origin = `http://127.0.0.1:${portOf(http)}`;
  return fixture;
}

function portOf(http: HttpServer): number {
  return (http.address() as AddressInfo).port;
}

async function page(dist: string, path: string): Promise<[number, string, Buffer | string]> {
  const file =
    path === '/wall' ? 'wall.html' : extname(path) === '' ? 'index.html' : normalize(path).replace(/^\/+/, '');
  try {
    return [200, types[extname(file)] ?? 'application/octet-stream', await readFile(join(dist, file))];
  } catch {
    return [404, 'text/plain', `Nothing at ${path}. Build the pages first: npm run build.`];
  }
}

/** Keeps a rollout moving: one host begins and one succeeds at each turn. */
function moveOn(story: Story): AnyActivity[] {
  story.now = Date.now();
  const tasks = Object.values(story.board.tasks);
  const running = tasks.find(({ status }) => status === 'running');
  const pending = tasks.find(({ status }) => status === 'pending');
  return [...(running ? succeed(story, running.hostId) : []), ...(pending ? begin(story, pending.hostId) : [])];
}

/** Touches `count` hosts, as probes that report do. */
function chatter(story: Story, count: number): AnyActivity[] {
  const hosts = Object.keys(story.board.hosts).length;
  const pick = () => 1 + Math.floor(Math.random() * hosts);
  return Array.from({ length: count }, () => story.host(pick(), { lastContactAt: Date.now() }, 'host.reported'));
}

if (import.meta.main) {
  const [situation = 'idle', hosts = '12', port = '4610', perSecond = '0'] = process.argv.slice(2);
  if (!(situations as readonly string[]).includes(situation)) {
    console.error(`No situation ${situation}. Choose one of ${situations.join(', ')}.`);
    process.exit(2);
  }
  const story = storyOf(situation as Situation, Number(hosts), Date.now());
  const served = await serveFixture(story.board, { port: Number(port), dist: process.env['DIST'] });
  setInterval(() => served.beat(), 5_000);
  if (situation === 'rollout') setInterval(() => served.publish(moveOn(story)), 1_500);
  if (Number(perSecond) > 0) setInterval(() => served.publish(chatter(story, Number(perSecond) / 20)), 50);
  console.log(`${situation} with ${hosts} hosts at ${served.origin}/wall`);
}
