import postgres from 'postgres';
import { prepareWhatRepeats } from './prepared.ts';
import { SteadySocket } from './steady-socket.ts';

/** Seconds that other connections of a pool get to end what they do, once the pool has lost one. */
const leaveSeconds = 0.3;

type Options = postgres.Options<Record<string, postgres.PostgresType>>;

/**
 * A postgres.js client that survives lost connections: with the first one that the database ends, everything new goes
 * over a fresh pool and the old one is closed. No connection of the driver's ever serves a second session
 * (steady-socket.ts says why). A statement under way then fails as one does whose connection broke.
 */
export function steadyClient(url: string, options: Options): postgres.Sql {
  const leaving = new Set<Promise<void>>();
  let ended = false;

  const open = (make: (socket: () => SteadySocket) => postgres.Sql): postgres.Sql => {
    const sockets = new Set<SteadySocket>();
    let over: Promise<void> | null = null;
    const lost = () => {
      if (over) return;
      // Its own options are what the driver takes for the same pool again; its types do not say so.
      if (!ended) current = open((socket) => postgres({ ...client.options, socket } as unknown as Options));
      const done = client.end({ timeout: leaveSeconds }).finally(() => {
        sockets.forEach(release);
        leaving.delete(done);
      });
      leaving.add((over = done));
    };
    const client = make(() => {
      for (const socket of sockets) if (socket.destroyed && !over) sockets.delete(socket);
      const socket = new SteadySocket(lost, { isBelowTls: Boolean(client.options.ssl) });
      sockets.add(socket);
      const { host, port } = client.options;
      if (over) return socket.destroy();
      return socket.connect({ host: host[0] ?? 'localhost', port: port[0] ?? 5432 });
    });
    return prepareWhatRepeats(client);
  };
  let current = open((socket) => postgres(url, { ...options, socket } as Options));

  const end: postgres.Sql['end'] = async (how) => {
    ended = true;
    await Promise.all([current.end(how), ...leaving]);
  };
  return new Proxy(current, {
    apply: (_first, _self, args: unknown[]) => Reflect.apply(current, undefined, args) as unknown,
    get: (_first, name) => (name === 'end' ? end : (Reflect.get(current, name) as unknown)),
  });
}

/** The driver leaves a connection that it closes while it still connects standing for ever. */
function release(socket: SteadySocket): void {
  socket.leave();
  setTimeout(() => socket.destroy(), 1_000).unref();
}
