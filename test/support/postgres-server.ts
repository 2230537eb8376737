import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbedded, type EmbeddedServer } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { startBoss, stopBoss } from '../../server/queue/boss.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string;
  }
}

export const templateName = 'signalbox_template';

interface Shared {
  server: Promise<EmbeddedServer>;
  folder: string;
  users: number;
}
/** Every project loads this file anew; the server is one per run all the same. */
const shared = globalThis as { [key: symbol]: Shared | undefined };
const place = Symbol.for('signalbox.test.postgres');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = (shared[place] ??= await begin());
  run.users += 1;
  const server = await run.server;
  project.provide('postgresUrl', server.url);
  return async () => {
    run.users -= 1;
    if (run.users > 0) return;
    shared[place] = undefined;
    await server.stop();
    await rm(run.folder, { recursive: true, force: true });
  };
}

async function begin(): Promise<Shared> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-test-'));
  await chmod(folder, 0o711);
  return { folder, users: 0, server: startWithTemplate(join(folder, 'postgres')) };
}

async function startWithTemplate(folder: string): Promise<EmbeddedServer> {
  const server = await startEmbedded({ folder, durable: false, maxConnections: 400 });
  const admin = postgres(server.url, { max: 1 });
  await admin`create database ${admin(templateName)}`;
  const template = new URL(server.url);
  template.pathname = `/${templateName}`;
  await migrate(template.href);
  await stopBoss(await startBoss(template.href, { log: pino({ level: 'silent' }), works: false }), 1_000);
  await admin`alter database ${admin(templateName)} with is_template true allow_connections false`;
  await admin.end();
  return server;
}
