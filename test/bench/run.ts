/** `npm run bench`: each part as a process of its own, one after the other. See docs/performance.md. */
import { spawnSync } from 'node:child_process';

const PARTS = [['hosts.ts', '100'], ['logs.ts'], ['live.ts', '10']] as const;

for (const [file, ...settings] of PARTS) {
  const path = new URL(file, import.meta.url).pathname;
  const { status } = spawnSync(process.execPath, [path, ...settings], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
