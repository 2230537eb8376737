/**
 * A package of 1 MB with four steps (unpack, pre-install, activate and post-install, health) on many loopback hosts behind
 * one sshd, 20 at a time: a job of ours against `xargs -P 20` over `ssh` with a tar pipe and a digest check.
 * `node test/bench/hosts.ts [hosts]`, default 100.
 */
import { strict as assert } from 'node:assert';
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { createClient } from '../../server/contracts/client.ts';
import { jobHasEnded } from '../../server/domain/task-transition.ts';
import { generateSshKey } from '../../server/demo/ssh-keys.ts';
import { buildPackage } from '../../server/feeds/package-build.ts';
import { createToken } from '../../server/services/people/tokens.ts';
import { signalboxActor } from '../../server/services/verb.ts';
import { startServerProcess } from '../support/server-process.ts';
import { startSshd, type Sshd } from '../support/sshd.ts';
import { machineState, onStage, timed, type Stage } from './stage.ts';

const AT_ONCE = 20;
const hosts = Number(process.argv[2] ?? 100);
const rawHosts = Math.min(hosts, 100);
const name = (index: number) => `host-${String(index + 1).padStart(4, '0')}`;

const HOOK = '#!/bin/sh\necho "$0 of $(pwd)"\n';
const HOOKS = ['pre-install', 'post-install', 'health'] as const;

await onStage(async (stage) => {
  const before = await machineState();
  const { sshd, packageFile } = await prepare(stage);
  // Before and after, since other work on the machine comes and goes; of very many hosts a part has to do.
  const raw = await timed(() => byXargs(stage, sshd, packageFile));
  const ours = await timedJob(stage, sshd);
  const again = await timed(() => byXargs(stage, sshd, packageFile));
  const rawMs = (((raw.ms + again.ms) / 2) * hosts) / rawHosts;
  const each = rawHosts < hosts ? ` for ${rawHosts} of them` : '';
  console.log(`hosts: ${hosts}, ${AT_ONCE} at a time, package of 1 MB, four steps`);
  console.log(`  xargs -P ${AT_ONCE} over ssh   ${seconds(raw.ms)} before, ${seconds(again.ms)} after${each}`);
  console.log(
    `  a job of ours          ${seconds(ours.ms)}, ${(ours.ms / rawMs).toFixed(2)} times as long (goal: at most 1)`,
  );
  console.log(`  of the server          ${ours.megabytes} MB at most, ${ours.commits.toFixed(1)} transactions a task`);
  console.log(`  machine: ${before}; at the end: ${await machineState()}`);
});

async function prepare({ folder, closers }: Stage) {
  await mkdir(join(folder, 'data', 'keys'), { recursive: true });
  const key = generateSshKey('bench');
  await writeFile(join(folder, 'data', 'keys', 'bench'), key.privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'authorized'), `${key.publicKey}\n`);
  const hostKey = generateSshKey('host');
  await writeFile(join(folder, 'host_key'), hostKey.privateKey, { mode: 0o600 });
  const sshd = await startSshd(folder, [
    `HostKey ${folder}/host_key`,
    `AuthorizedKeysFile ${folder}/authorized`,
    // Both sides come from one address to one sshd; its defaults would drop half of twenty at once.
    'MaxStartups 200',
    // A shell that believes to be nested reads no .bashrc: what this user's does would be most of both figures.
    'SetEnv SHLVL=5',
  ]);
  closers.push(() => sshd.close());
  await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${sshd.port} ${hostKey.publicKey}\n`);
  const manifest = { product: 'orders', version: '1.0.0', hooks: Object.fromEntries(HOOKS.map((hook) => [hook, {}])) };
  const files = Object.fromEntries(HOOKS.map((hook) => [`hooks/${hook}`, HOOK]));
  const packageFile = join(folder, 'feed', 'orders-1.0.0.tar.gz');
  await mkdir(join(folder, 'feed'));
  await buildPackage({ manifest, files: { ...files, 'data.bin': randomBytes(1_000_000) } }, packageFile);
  for (let index = 0; index < hosts; index += 1) await mkdir(join(folder, 'hosts', name(index)), { recursive: true });
  return { sshd: { ...sshd, hostKey: hostKey.publicKey }, packageFile };
}

/** As good as it gets with a shell alone: one connection per host that unpacks, checks, switches and runs the hooks. */
async function byXargs({ folder }: Stage, { port, user }: Sshd, packageFile: string): Promise<void> {
  const digest = createHash('sha256')
    .update(await readFile(packageFile))
    .digest('hex');
  const remote = [
    `set -e; rm -rf ${folder}/raw/$1; mkdir -p ${folder}/raw/$1/new; cd ${folder}/raw/$1`,
    `cat >p.tar.gz; echo "${digest}  p.tar.gz" | sha256sum -c --quiet -; tar xzf p.tar.gz -C new; rm p.tar.gz; cd new`,
    './hooks/pre-install; ln -sfn new ../current; ./hooks/post-install; ./hooks/health',
  ].join('; ');
  const options = [
    'BatchMode=yes',
    `UserKnownHostsFile=${folder}/known_hosts`,
    `IdentityFile=${folder}/data/keys/bench`,
  ];
  const ssh = `ssh -F none ${options.map((option) => `-o ${option}`).join(' ')} -p ${port} ${user}@127.0.0.1`;
  const each = join(folder, 'each.sh');
  await writeFile(
    each,
    `#!/bin/sh\nset -e\n${ssh} '${remote.replaceAll('$1', "'$1'")}' < ${packageFile} > ${folder}/$1.log\n`,
    { mode: 0o755 },
  );
  const child = spawn('xargs', ['-P', String(AT_ONCE), '-n', '1', each], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(Array.from({ length: rawHosts }, (_, index) => `${name(index)}\n`).join(''));
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0, 'xargs failed');
  const { stdout } = await promisify(execFile)('sh', ['-c', `ls -d ${folder}/raw/*/current/hooks | wc -l`]);
  assert.equal(Number(stdout), rawHosts);
}

/** Milliseconds from the request to the end of the job; the package is on the server, as it is for xargs. */
async function timedJob({ ctx, folder, url, closers }: Stage, { port, user, hostKey }: Sshd & { hostKey: string }) {
  const { secret } = await createToken.run(ctx, signalboxActor, { name: 'bench', grants: [{ role: 'admin' }] });
  const server = await startServerProcess({
    DATABASE_URL: url,
    SIGNALBOX_DATA: join(folder, 'data'),
    SIGNALBOX_BAKE_MS: '0',
    SIGNALBOX_PROBE_MS: '3600000',
  });
  closers.push(() => server.stop());
  const client = createClient({ baseUrl: server.url, token: secret });
  const text = stringify({
    products: [
      { name: 'orders', feed: { folder: join(folder, 'feed') }, channels: ['stable'], entryChannels: ['stable'] },
    ],
    environments: [{ name: 'plant', subscriptions: { orders: 'stable' } }],
    hosts: Array.from({ length: hosts }, (_, index) => ({
      name: name(index),
      environment: 'plant',
      root: join(folder, 'hosts', name(index)),
      ssh: { address: '127.0.0.1', port, user, identity: 'bench', hostKeys: [hostKey] },
    })),
  });
  await client.call('fleet.apply', { file: 'bench.yaml', text, prune: false });
  const release = await seen(async () => (await client.call('releases.list', {})).items[0]);
  await client.call('releases.download', { id: release.id });
  await seen(async () => (await client.call('releases.show', { id: release.id })).package === 'present');
  // Every host has been looked at once when it was declared: what is measured is the job alone.
  await seen(async () => {
    const { rows } = { rows: await ctx.db.$client`select 1 from host where liveness = 'unknown' limit 1` };
    return rows.length === 0;
  });
  const before = await commits(ctx);
  const { ms } = await timed(async () => {
    const hostIds = Array.from({ length: hosts }, (_, index) => index + 1);
    const plan = { waves: [{ ppm: 1_000_000 }], maxParallel: AT_ONCE };
    const job = await client.call('installs.start', { releaseId: release.id, hostIds, plan });
    const end = await seen(async () => {
      const now = await client.call('jobs.show', { id: job.id });
      return jobHasEnded(now.status) && now;
    });
    assert.equal(end.counts['succeeded'], hosts, JSON.stringify(end));
  });
  const [, kilobytes = '0'] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8')) ?? [];
  const used = { megabytes: Math.round(Number(kilobytes) / 1024), commits: ((await commits(ctx)) - before) / hosts };
  await server.stop();
  return { ms, ...used };
}

/** All that were committed, the queue's and this benchmark's questions too. */
async function commits({ db }: Stage['ctx']): Promise<number> {
  const [row] = await db.$client<{ commits: number }[]>`
    select xact_commit::float8 as commits from pg_stat_database where datname = current_database()`;
  return row?.commits ?? 0;
}

async function seen<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await delay(200);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
