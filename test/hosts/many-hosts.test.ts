import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentVersion, install, planOf } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { buildPackage } from '../support/package.ts';
import { TRANSPORTS } from '../support/transports.ts';
import type { Transport } from '../support/transports.ts';

describe.each(TRANSPORTS)('twenty hosts at once over $name', ({ start }) => {
  let transport: Transport;
  beforeAll(async () => {
    transport = await start();
  });
  afterAll(() => transport.close());

  test('each attempt ends in its own root with its own log', async () => {
    const base = await hostRoot();
    const built = await buildPackage({ version: '1.0.0', hooks: { health: 'echo "$WHO"; yes "$WHO" | head -n 2000' } });
    const runs = Array.from({ length: 20 }, async (_, n) => {
      const root = join(base, `host-${n}`);
      mkdirSync(root);
      const session = await transport.open();
      const run = await install(session, planOf(root, '1.0.0', built, { environment: { WHO: `host ${n}` } }), built);
      await session.close();
      expect(run.final.outcome).toBe('succeeded');
      expect(run.log.toString()).toBe(`host ${n}\n`.repeat(2001));
      expect(currentVersion(root)).toBe('1.0.0');
    });
    await Promise.all(runs);
  });
});
