import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openBell } from '../../db/bell.ts';
import { connect } from '../../db/connect.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { readConfig } from '../../server/config.ts';
import { makeEnqueue, startBoss, stopBoss } from '../../server/queue/boss.ts';
import type { Context } from '../../server/services/context.ts';
import { recordFeedCheck } from '../../server/services/feed/record-check.ts';
import { apply } from '../support/fleet.ts';
import { digestOf } from '../support/pipeline.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import { signalboxActor } from '../../server/services/verb.ts';

const TICK_MS = 10_000;
const RELEASES = 24;
const stage = (source: string, target: string, duration: string) => ({ source, target, kind: 'timed', duration });
const fleet = {
  products: [
    {
      name: 'orders',
      channels: ['dev', 'canary', 'stable'],
      entryChannels: ['dev'],
      pipeline: { stages: [stage('dev', 'canary', '1s'), stage('canary', 'stable', '1s')] },
    },
  ],
};

interface Promotion {
  version: string;
  channel: string;
  /** Milliseconds after it could have been promoted; null on the first channel. */
  lateMs: number | null;
}

test('two clocks, one killed again and again, PostgreSQL restarted: no promotion twice, none missed, none late by more than a tick', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-clocks-'));
  await chmod(folder, 0o711);
  let server = await startEmbedded({ folder: join(folder, 'postgres') });
  const port = Number(new URL(server.url).port);
  await migrate(server.url);
  const settings = {
    DATABASE_URL: server.url,
    SIGNALBOX_DATA: join(folder, 'data'),
    SIGNALBOX_ROLES: 'clock,worker',
    SIGNALBOX_PIPELINE_MS: String(TICK_MS),
  };
  const log = pino({ level: 'silent' });
  const db = connect(server.url, { max: 4 });
  const clocks: ServerProcess[] = [];
  /** When PostgreSQL was away. */
  const away: { from: number; to: number }[] = [];

  async function publish(versions: readonly string[]): Promise<void> {
    const boss = await startBoss(server.url, { log, works: false });
    const bell = await openBell(server.url);
    const ctx: Context = {
      db,
      bell,
      log,
      config: readConfig({}),
      clock: { now: () => Date.now() },
      enqueue: makeEnqueue(boss),
    };
    if (versions.length === 0) await apply({ ctx, operator: signalboxActor } as never, fleet);
    else await recordFeedCheck(ctx, 1, { problems: [], releases: versions.map(stated) });
    await bell.close();
    await stopBoss(boss, 1_000);
  }

  try {
    await publish([]);
    clocks.push(await startServerProcess(settings), await startServerProcess(settings));
    for (let n = 1; n <= RELEASES; n += 1) {
      await publish([`1.${n}.0`]);
      if (n % 3 === 0) {
        const victim = (n / 3) % 2;
        expect(await clocks[victim]!.kill(), clocks[victim]!.output()).toMatchObject({ signal: 'SIGKILL' });
        await pause(200 + 150 * (n % 5));
        clocks[victim] = await startServerProcess(settings);
      }
      if (n === 8 || n === 16) {
        const from = Date.now();
        await server.stop();
        server = await startEmbedded({ folder: join(folder, 'postgres'), port });
        away.push({ from, to: Date.now() });
      }
    }
    const promotions = await until(
      'every release is on every channel',
      async () => {
        const found = await promotionsIn(db, away);
        return found.length >= 3 * RELEASES && found;
      },
      { forMs: 60_000 },
    );
    await pause(TICK_MS);
    const places = (await promotionsIn(db, away)).map(({ version, channel }) => `${version} ${channel}`);
    expect(places).toHaveLength(3 * RELEASES);
    expect(new Set(places).size).toBe(3 * RELEASES);
    const late = promotions.flatMap(({ lateMs }) => lateMs ?? []);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(TICK_MS);
    const [told] = await db.$client<{ twice: number }[]>`
      select count(*)::int as twice from (
        select 1 from activity where kind = 'release.promoted' group by entity_id, detail->>'channel' having count(*) > 1) t`;
    expect(told?.twice).toBe(0);
  } finally {
    await Promise.all(clocks.map((clock) => clock.stop()));
    await db.$client.end({ timeout: 1 });
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

function stated(version: string) {
  return {
    version,
    digest: digestOf(version),
    size: 1,
    artifactUrl: `file:///srv/${version}`,
    signatureUrl: null,
    notes: '',
    labels: {},
    required: false,
    hooks: {},
  };
}

/** Every entry, with how late it came: later than a second after it was active on the channel before, PostgreSQL's absence not counted. */
async function promotionsIn(
  db: ReturnType<typeof connect>,
  away: readonly { from: number; to: number }[],
): Promise<Promotion[]> {
  const rows = await db.$client<{ version: string; channel: string; at: number; before: number | null }[]>`
    select r.version, c.name as channel, date_part('epoch', e.promoted_at) * 1000 as at,
      (select date_part('epoch', s.promoted_at) * 1000 from channel_entry s join channel f on f.id = s.channel_id
        where s.release_id = e.release_id and f.id = c.id - 1) as before
    from channel_entry e join channel c on c.id = e.channel_id join release r on r.id = e.release_id`;
  return rows.map(({ version, channel, at, before }) => {
    if (before === null) return { version, channel, lateMs: null };
    const due = before + 1_000;
    return { version, channel, lateMs: at - due - awayWithin(due, at, away) };
  });
}

/** How much of a span PostgreSQL was away: nobody could have promoted anything then. */
function awayWithin(from: number, to: number, away: readonly { from: number; to: number }[]): number {
  return away.reduce((sum, gap) => sum + Math.max(0, Math.min(to, gap.to) - Math.max(from, gap.from)), 0);
}
