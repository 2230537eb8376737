import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBell, type Ring } from '../../../db/bell.ts';
import { connect } from '../../../db/connect.ts';
import { logStart } from '../../../db/cursor.ts';
import { startEmbedded } from '../../../db/embedded.ts';
import { migrate } from '../../../db/migrate.ts';
import { tail } from '../../../db/tail.ts';
import { transact } from '../../../db/transact.ts';
import { eventually } from '../../support/eventually.ts';
import { makeHosts, touch, wholeLog } from './fleet-writer.ts';

test('a database that goes down and comes back loses no reader, and rings them as before', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'signalbox-restart-'));
  await chmod(parent, 0o711);
  const options = { folder: join(parent, 'postgres') };
  let server = await startEmbedded(options);
  const port = Number(new URL(server.url).port);
  await migrate(server.url);
  const db = connect(server.url);
  const bell = await openBell(server.url, { floorMs: 600_000 });
  const rings: Ring[] = [];
  bell.listen((ring) => rings.push(ring));
  const [id] = (await makeHosts(db, 1)) as [number];

  const ending = new AbortController();
  const seen: string[] = [];
  let failures = 0;
  const reading = tail({
    db,
    bell,
    from: logStart,
    signal: ending.signal,
    onBatch: (activities) => void seen.push(...activities.map(({ cursor }) => cursor)),
    onError: () => (failures += 1),
  });
  try {
    for (let turn = 1; turn <= 3; turn += 1) {
      await server.stop();
      bell.ring({ board: true });
      await eventually(() => expect(transact({ db, bell }, (tx) => touch(tx, id, turn))).rejects.toThrow());
      server = await startEmbedded({ ...options, port });
      await eventually(() => transact({ db, bell }, (tx) => touch(tx, id, turn)));
      await eventually(() => expect(seen).toHaveLength(2 + turn));
    }
    expect(seen).toEqual(await wholeLog(db));
    rings.length = 0;
    await eventually(() => {
      bell.ring({ log: [7] });
      expect(rings).toContainEqual({ board: false, log: [7] });
    });
    expect(failures).toBeLessThan(100);
  } finally {
    ending.abort();
    await reading;
    await bell.close();
    await db.$client.end({ timeout: 1 });
    await server.stop();
    await rm(parent, { recursive: true, force: true });
  }
});
