import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { findBinaries } from './embedded/binaries.ts';
import { openFolder, type ServerFolder } from './embedded/folder.ts';
import { readPidFile, requireNoServer } from './embedded/running-server.ts';

export interface EmbeddedOptions {
  folder: string;
  /** Wanted TCP port on 127.0.0.1; a free one is taken when it is busy or not given. */
  port?: number;
  /** False gives up crash safety for speed: tests only. */
  durable?: boolean;
  maxConnections?: number;
}

export interface EmbeddedServer {
  url: string;
  /** Resolves when the server process is gone. */
  stop(): Promise<void>;
  /** Resolves with its last words when the server ends, asked to or not. */
  ended: Promise<string>;
}

/**
 * Starts PostgreSQL 18 in a folder of its own, making it first where needed. It listens on 127.0.0.1 with a random
 * password, writes nothing to our output, and does not outlive us: see `guard`.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const binaries = findBinaries();
  const folder = await openFolder(options.folder, binaries, options.durable ?? true);
  await requireNoServer(folder.dataFolder);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? options.port : undefined);
    const launched = launch(binaries.postgres, folder, port, options);
    const failure = await launched.ready;
    if (failure === undefined) return serving(launched, folder, port);
    // Somebody took the port between our look and PostgreSQL's bind.
    if (attempt < 5 && failure.includes('could not bind')) continue;
    throw new Error(`PostgreSQL did not start in ${options.folder}: ${failure}. Mend that and start again.`);
  }
}

function serving(launched: Launched, { dataFolder, password }: ServerFolder, port: number): EmbeddedServer {
  return {
    url: `postgres://signalbox:${password}@127.0.0.1:${port}/postgres`,
    ended: launched.ended,
    async stop() {
      launched.process.stdin?.end();
      const quit = setTimeout(() => void killHard(dataFolder), 15_000);
      await launched.ended;
      clearTimeout(quit);
    },
  };
}

/** Immediate shutdown: what a backend in the way of the fast one cannot resist. The log replays at the next start. */
async function killHard(dataFolder: string): Promise<void> {
  const server = await readPidFile(dataFolder);
  if (server && server.pid > 1) process.kill(server.pid, 'SIGQUIT');
}

/**
 * The shell waits for PostgreSQL; beside it a reader holds our pipe, which the kernel closes when we die, by SIGKILL
 * too, and then stops the server. $1 is the signal. Its own session keeps Ctrl-C away from it until we have drained.
 */
const guard = `
exec 3<&0 </dev/null
signal=$1; shift
"$@" 3<&- &
server=$!
(read -r _ <&3; kill -"$signal" "$server") 2>/dev/null &
reader=$!
exec 3<&-
wait "$server"; code=$?
kill "$reader" 2>/dev/null
exit $code`;

interface Launched {
  process: ChildProcess;
  /** undefined: it accepts connections; text: why it ended instead. */
  ready: Promise<string | undefined>;
  ended: Promise<string>;
}

function launch(postgres: string, folder: ServerFolder, port: number, options: EmbeddedOptions): Launched {
  const durable = options.durable ?? true;
  const child = spawn(
    '/bin/sh',
    ['-c', guard, 'signalbox-postgres', durable ? 'INT' : 'QUIT', postgres, '-D', folder.dataFolder].concat(
      Object.entries(settings(port, durable, options.maxConnections ?? 200)).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
    ),
    {
      ...folder.account,
      cwd: '/',
      detached: true,
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      stdio: ['pipe', 'ignore', 'pipe'],
    },
  );
  const lastWords: string[] = [];
  let said: (line: string) => void = () => undefined;
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
    lastWords.push(line);
    if (lastWords.length > 20) lastWords.shift();
    said(line);
  });
  child.stdin?.on('error', () => undefined);
  const ended = once(child, 'close').then(() => lastWords.join('\n'));
  const ready = new Promise<string | undefined>((resolve) => {
    said = (line) => {
      if (line.includes('database system is ready to accept connections')) resolve(undefined);
    };
    void ended.then(resolve);
  });
  return { process: child, ready, ended };
}

function settings(port: number, durable: boolean, maxConnections: number): Record<string, string | number> {
  const unsafe = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum_naptime: '10s' };
  // Such a server may lie in memory.
  const fast = { ...unsafe, max_wal_size: '256MB' };
  return {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: maxConnections,
    shared_buffers: '128MB',
    max_wal_size: '1GB',
    jit: 'off',
    // The default prices a look-up like a turning disk and reads whole tables instead.
    random_page_cost: 1.1,
    lc_messages: 'C',
    log_checkpoints: 'off',
    // Errors reach the caller that made them; the server's own log has no reader.
    log_min_messages: 'log',
    ...(durable ? {} : fast),
  };
}

async function freePort(wanted: number | undefined): Promise<number> {
  if (wanted) {
    const port = await tryPort(wanted);
    if (port) return port;
  }
  return (await tryPort(0)) as number;
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address ? address.port : undefined;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
