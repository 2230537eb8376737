/**
 * The wall with ten thousand hosts: real server, database and worker. The hosts are declared by a fleet file; that they
 * answer is stored by the verb that stores a look (nobody could start ten thousand machines here); then a real install
 * runs on them over the local transport, with a few hosts that really fail and a few that are told not to answer.
 */
import { chmod } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { noteLook } from '../../server/services/host/contact.ts';
import { takeHostsToProbe } from '../../server/services/host/take-due.ts';
import { onStage, type Stage } from '../bench/stage.ts';
import { startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import type { Camera } from './camera.ts';
import { wallOf } from './situations.ts';
import { makeRoots, openWallStage } from './stage.ts';

/** Hosts that are said not to answer, by their number. */
const silent = [4_567, 6_001, 8_910];
const failing = [40, 222];

export async function pictureTenThousand(browser: Browser, camera: Camera, count = 10_000): Promise<void> {
  const play = async (stage: Stage) => {
    await chmod(stage.folder, 0o755);
    const web = await openWallStage(stage, count, { SIGNALBOX_ROLES: 'web,clock' });
    await makeRoots(web.hosts);
    await answerAll(stage);
    const worker = await startServerProcess({ ...web.env, SIGNALBOX_ROLES: 'worker' });
    stage.closers.push(() => worker.kill());
    const page = await wallOf(browser, web);
    for (const number of failing) await web.letGo(web.hosts[number]!, 'badly');
    const job = await web.install('4.2.0', {
      waves: [{ ppm: 1_000_000 }],
      maxParallel: 100,
      maxFailures: { count: 20 },
    });
    let counts: unknown;
    const going = async () => {
      const now = (counts = (await web.job(job)).counts) as Record<string, number>;
      return now['succeeded']! >= 40 && now['failed']! > 0;
    };
    await until('40 hosts to be done', going, { forMs: 900_000, seen: () => counts });
    await page.locator('[data-failing]').first().waitFor();
    await camera(page, `wall-${count}`);
    const [incident] = (await web.client.call('incidents.list', { limit: 1 })).items;
    if (incident) throw new Error('the job was to go on with two failures');
    await page.goto('about:blank');
  };
  await onStage(play, { durable: false });
}

/** Stores for every host what a look would have found there. */
async function answerAll(stage: Stage): Promise<void> {
  const ctx = { ...stage.ctx, config: { ...stage.ctx.config, probeMs: 3_600_000 } };
  const sentence = 'The host does not answer on port 22 (connection timed out after 10 s).';
  for (;;) {
    const looks = await takeHostsToProbe(ctx, 500);
    if (looks.length === 0) return;
    await Promise.all(
      looks.map((look) => {
        const answers = !silent.includes(look.host.id);
        return noteLook(ctx, look, answers ? { runs: [] } : { problem: { code: 'timeout', sentence } });
      }),
    );
  }
}
