import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cancelAttempt } from '../../server/hosts/cancel-attempt.ts';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import { currentVersion, endedSteps, follow, install, nothingHeard, planOf, releasesOn } from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { buildPackage } from '../support/package.ts';
import { pathFolder, which } from '../support/shells.ts';
import { until } from '../support/until.ts';

/** A PATH on which `tool` waits once, after it has done its work, until the test lets it go. */
function pausingAt(tool: string) {
  const folder = pathFolder();
  const [reached, go] = [join(folder, 'reached'), join(folder, 'go')];
  const script = `#!/bin/sh
${which(tool)} "$@"; code=$?
if [ ! -e ${reached} ]; then : > ${reached}; until [ -e ${go} ]; do sleep 0.05; done; fi
exit $code
`;
  writeFileSync(join(folder, tool), script, { mode: 0o755 });
  return { env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` }, reached, go };
}

const noted = (name: string) => `echo ${name} >> "$SIGNALBOX_ROOT/ran"`;
const waiting = (name: string) =>
  `${noted(name)}; : > "$SIGNALBOX_ROOT/reached"; until [ -e "$SIGNALBOX_ROOT/go" ]; do sleep 0.05; done`;
const HOOKS = ['pre-install', 'post-install', 'health'] as const;

/** Where the cancel arrives, by the tool or the hook that is at work then; and what becomes of the attempt. */
const STEPS = [
  { step: 'verify', tool: 'sha256sum', outcome: 'cancelled' },
  { step: 'unpack', tool: 'tar', outcome: 'cancelled' },
  { step: 'pre-install', tool: null, outcome: 'cancelled' },
  { step: 'activate', tool: 'ln', outcome: 'succeeded' },
  { step: 'post-install', tool: null, outcome: 'succeeded' },
  { step: 'health', tool: null, outcome: 'succeeded' },
  { step: 'report', tool: 'ls', outcome: 'succeeded' },
] as const;

test.each(STEPS)('a cancel in the middle of $step: the attempt is $outcome', async ({ step, tool, outcome }) => {
  const root = await hostRoot();
  const before = await buildPackage({ version: '1.0.0' });
  const own = await localDriver().open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
  await install(own, planOf(root, '1.0.0', before), before);
  const hooks = Object.fromEntries(HOOKS.map((hook) => [hook, hook === step ? waiting(hook) : noted(hook)]));
  const built = await buildPackage({ version: '2.0.0', hooks });
  const plan = planOf(root, '2.0.0', built);
  const pause = tool ? pausingAt(tool) : { env: process.env, reached: join(root, 'reached'), go: join(root, 'go') };
  const session = await localDriver({ env: pause.env }).open({ transport: 'local' }, { connectTimeoutMs: 1_000 });
  const heard = nothingHeard();
  const running = follow(session, plan, built, heard);
  await until(`${step} to be at work`, () => existsSync(pause.reached));
  await cancelAttempt(own, plan);
  writeFileSync(pause.go, '');
  expect((await running).outcome).toBe(outcome);
  // What was at work came to its own end, and of a cancelled attempt nothing after it was begun.
  const steps = endedSteps(heard.reports);
  expect(steps).toContain(`${step} ok`);
  if (outcome === 'cancelled') expect(steps.at(-1)).toBe(`${step} ok`);
  const ran = existsSync(join(root, 'ran')) ? readFileSync(join(root, 'ran'), 'utf8').trim().split('\n') : [];
  const upTo = HOOKS.slice(0, HOOKS.findIndex((hook) => hook === step) + 1);
  expect(ran).toEqual(outcome === 'succeeded' ? [...HOOKS] : upTo);
  expect(currentVersion(root)).toBe(outcome === 'succeeded' ? '2.0.0' : '1.0.0');
  expect(releasesOn(root).filter((name) => name.startsWith('.'))).toEqual([]);
  await session.close();
  await own.close();
});
