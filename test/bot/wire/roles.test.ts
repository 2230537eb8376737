import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { readConfig } from '../../../server/config.ts';
import { startServer, type RunningServer } from '../../../server/main.ts';
import { freshDatabase } from '../../support/database.ts';
import { textOf } from '../../support/slack/echo.ts';
import { channels, openWorkspace, users } from '../../support/slack/workspace.ts';
import { until } from '../../support/until.ts';

/** Whole servers by their roles, against our own stand-in at Slack's protocol. */
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function opened(roles: string, socketMode = false) {
  const database = await freshDatabase();
  cleanups.push(() => database.drop());
  const dataFolder = await mkdtemp(join(tmpdir(), 'signalbox-roles-'));
  cleanups.push(() => rm(dataFolder, { recursive: true }));
  const slack = await openWorkspace();
  cleanups.push(() => slack.close());
  const sockets = socketMode ? slack.useSocketMode() : null;
  const settings = {
    DATABASE_URL: database.url,
    SIGNALBOX_DATA: dataFolder,
    SIGNALBOX_PORT: '0',
    SIGNALBOX_ROLES: roles,
    ...slack.settings(socketMode),
  };
  const server: RunningServer = await startServer(readConfig(settings), pino({ level: 'silent' }));
  cleanups.push(() => server.stop());
  slack.requestUrl = `${server.url}/slack/events`;
  return { slack, sockets, server };
}

const askedBy = async ({ slack }: Awaited<ReturnType<typeof opened>>) => {
  const { outcome, status, answer } = await slack.person(users.ana).command('jobs', channels.releases);
  return { outcome, status, text: textOf(answer) };
};

test('with every role, Slack and people come to the same server', async () => {
  const it = await opened('all');
  expect(await askedBy(it)).toMatchObject({ outcome: 'ok', text: expect.stringContaining('/release link') as string });
  expect((await fetch(`${it.server.url}/healthz`)).status).toBe(200);
});

test('a process that is only the bot listens for Slack, and for nothing else', async () => {
  const it = await opened('bot');
  expect(await askedBy(it)).toMatchObject({ outcome: 'ok', text: expect.stringContaining('/release link') as string });
  for (const path of ['/', '/healthz', '/api/v1/products']) {
    expect((await fetch(it.server.url + path)).status, path).toBe(404);
  }
  expect((await fetch(`${it.server.url}/slack/events`)).status).toBe(404);
});

test('in Socket Mode it listens for nothing at all, and answers', async () => {
  const it = await opened('bot', true);
  await until('the socket', () => it.sockets?.connections() === 1);
  expect(it.server.ctx.config.port, 'none was taken').toBe(0);
  expect(await askedBy(it)).toMatchObject({ outcome: 'ok', text: expect.stringContaining('/release link') as string });
});

test('where the bot does not run, nothing takes what Slack sends', async () => {
  expect(await askedBy(await opened('web'))).toMatchObject({ outcome: 'refused', status: 404 });
});
