import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cancelAttempt } from '../../server/hosts/cancel-attempt.ts';
import type { HostSession } from '../../server/hosts/contract.ts';
import { localDriver } from '../../server/hosts/drivers/local.ts';
import {
  currentVersion,
  endedSteps,
  follow,
  install,
  linesOf,
  nothingHeard,
  planOf,
  releasesOn,
} from '../support/attempt.ts';
import { hostRoot } from '../support/host-root.ts';
import { buildPackage } from '../support/package.ts';
import { pathFolder } from '../support/shells.ts';
import { makeStepGate, type GatedTool, type StepGate } from '../support/step-gate.ts';
import { until } from '../support/until.ts';

const noted = (name: string) => `echo ${name} >> "$SIGNALBOX_ROOT/ran"`;
const waiting = (name: string) =>
  `${noted(name)}; : > "$SIGNALBOX_ROOT/reached"; until [ -e "$SIGNALBOX_ROOT/go" ]; do sleep 0.05; done`;
const HOOKS = ['pre-install', 'post-install', 'health'] as const;

/** Where the cancel arrives, by the tool or the hook that is at work then; and what becomes of the attempt. */
const STEPS: readonly { step: string; tool: GatedTool | null; outcome: 'cancelled' | 'succeeded' }[] = [
  { step: 'verify', tool: 'sha256sum', outcome: 'cancelled' },
  { step: 'unpack', tool: 'tar', outcome: 'cancelled' },
  { step: 'pre-install', tool: null, outcome: 'cancelled' },
  { step: 'activate', tool: 'ln', outcome: 'succeeded' },
  { step: 'post-install', tool: null, outcome: 'succeeded' },
  { step: 'health', tool: null, outcome: 'succeeded' },
  { step: 'report', tool: 'ls', outcome: 'succeeded' },
];

test.each(STEPS)('a cancel in the middle of $step: the attempt is $outcome', async ({ step, tool, outcome }) => {
  const { root, own, gated, gate } = await hostWithGate();
  const hooks = Object.fromEntries(HOOKS.map((hook) => [hook, hook === step ? waiting(hook) : noted(hook)]));
  const built = await buildPackage({ version: '2.0.0', hooks });
  const plan = planOf(root, '2.0.0', built);
  if (tool) gate.arm({ step, tool, call: 1 });
  const heard = nothingHeard();
  const running = follow(gated, plan, built, heard);
  if (tool) await gate.held(() => null);
  else await until(`${step} to be at work`, () => existsSync(join(root, 'reached')));
  await cancelAttempt(own, plan);
  writeFileSync(join(root, 'go'), '');
  gate.open();
  expect((await running).outcome).toBe(outcome);
  // What was at work came to its own end, and of a cancelled attempt nothing after it was begun.
  const steps = endedSteps(heard.reports);
  expect(steps).toContain(`${step} ok`);
  if (outcome === 'cancelled') expect(steps.at(-1)).toBe(`${step} ok`);
  const upTo = HOOKS.slice(0, HOOKS.findIndex((hook) => hook === step) + 1);
  expect(ranOn(root)).toEqual(outcome === 'succeeded' ? HOOKS : upTo);
  expect(currentVersion(root)).toBe(outcome === 'succeeded' ? '2.0.0' : '1.0.0');
  expect(releasesOn(root).filter((name) => name.startsWith('.'))).toEqual([]);
});

/** Whoever asks in preflight is let in when the transfer begins, which then comes to its end. */
test.each(['preflight', 'fetch'])(
  'a cancel in the middle of %s: what is sent arrives, nothing is done with it, and the attempt is cancelled',
  async (step) => {
    const { root, own, gated, gate } = await hostWithGate();
    const built = await buildPackage({ version: '2.0.0', hooks: { 'pre-install': noted('pre-install') } });
    const plan = planOf(root, '2.0.0', built);
    let asked: Promise<void> | undefined;
    const artifact = async function* () {
      yield built.bytes.subarray(0, 10);
      await (asked ??= cancelAttempt(own, plan));
      yield built.bytes.subarray(10);
    };
    if (step === 'preflight') gate.arm({ step, tool: 'df', call: 1 });
    const heard = nothingHeard();
    const running = follow(gated, plan, built, heard, { artifact });
    if (step === 'preflight') {
      await gate.held(() => null);
      asked = cancelAttempt(own, plan);
      gate.open();
    }
    expect((await running).outcome).toBe('cancelled');
    expect(endedSteps(heard.reports)).toEqual(['preflight ok', 'fetch ok']);
    expect(ranOn(root)).toEqual([]);
    expect(currentVersion(root)).toBe('1.0.0');
    expect(readdirSync(join(root, 'shop', 'journal', plan.attempt)).filter(isPackage)).toEqual([]);
  },
);

const isPackage = (name: string) => /artifact|incoming/.test(name);
const ranOn = (root: string) => linesOf(join(root, 'ran'));

/** A host that runs 1.0.0: one session of its own, and one whose tools can be held. */
async function hostWithGate(): Promise<{ root: string; own: HostSession; gated: HostSession; gate: StepGate }> {
  const root = await hostRoot();
  const gate = makeStepGate(pathFolder(), join(root, 'shop'));
  const env = { ...process.env, PATH: `${gate.folder}:${process.env['PATH']}` };
  const [own, gated] = await Promise.all(
    [process.env, env].map((its) =>
      localDriver({ env: its }).open({ transport: 'local' }, { connectTimeoutMs: 1_000 }),
    ),
  );
  const before = await buildPackage({ version: '1.0.0' });
  await install(own!, planOf(root, '1.0.0', before), before);
  return { root, own: own!, gated: gated!, gate };
}
