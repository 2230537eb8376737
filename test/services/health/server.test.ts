import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { hostViews } from '../../../db/queries/views.ts';
import { readConfig } from '../../../server/config.ts';
import { startServer, type RunningServer } from '../../../server/main.ts';
import { applyFleet } from '../../../server/services/fleet/apply.ts';
import { reportHealth } from '../../../server/services/health/report.ts';
import { signalboxActor } from '../../../server/services/verb.ts';
import { freshDatabase } from '../../support/database.ts';
import { until } from '../../support/until.ts';

const fleet = `
products:
  - { name: orders, channels: [stable], entryChannels: [stable], pipeline: { staleAfter: 1s } }
environments:
  - { name: plant }
hosts:
  - { name: line-1, environment: plant, root: /srv/line-1, local: true }
`;

test('a server that comes back says how long its intake was down, and tells silence by itself', async () => {
  const database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-health-'));
  const settings = { DATABASE_URL: database.url, SIGNALBOX_DATA: folder, SIGNALBOX_PORT: '0' };
  const start = () => startServer(readConfig(settings), pino({ level: 'silent' }));
  const first = await start();
  const running: RunningServer[] = [first];
  onTestFinished(async () => {
    for (const server of running) await server.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });
  const sql = database.db.$client;
  const beats = async () => (await sql`select part from heartbeat where part like 'health-%' order by 1`).flat();
  await until('signs of life of both parts', async () => (await beats()).length === 2);

  await applyFleet.run(first.ctx, signalboxActor, { file: 'fleet.yaml', text: fleet, prune: false });
  const said = { host: 'line-1', product: 'orders', live: true, state: 'HEALTHY' } as const;
  await reportHealth.run(first.ctx, signalboxActor, { observations: [{ ...said, at: Date.now() }] });
  await until(
    'the host to be told silent',
    async () => (await hostViews(database.db, [1]))[0]?.health?.[0]?.stale === true,
  );
  await first.stop();

  await sql`update heartbeat set beat_at = beat_at - interval '1 hour' where part like 'health-%'`;
  running.push(await start());
  const outages = () => sql<{ cause: { part: string }; seconds: number }[]>`
    select cause, extract(epoch from ended_at - started_at)::float8 as seconds from health_outage
    where ended_at is not null order by cause->>'part'`;
  await until('the outages of both parts', async () => (await outages()).length === 2);
  expect((await outages()).map(({ cause, seconds }) => [cause.part, Math.floor(seconds / 3_600)])).toEqual([
    ['health-checks', 1],
    ['health-reports', 1],
  ]);
});
