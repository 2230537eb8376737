/**
 * `npm run bench`: each part as a process of its own, one after the other, ten minutes at most. What takes longer than its
 * time is told to end, and takes along what it has started. See docs/performance.md.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const SECONDS = 1_000;
const PARTS = [
  { file: 'logs.ts', settings: [], withinMs: 80 * SECONDS },
  { file: 'live.ts', settings: ['6'], withinMs: 100 * SECONDS },
  { file: 'hosts.ts', settings: ['100'], withinMs: 150 * SECONDS },
  { file: 'hosts.ts', settings: ['1000'], withinMs: 270 * SECONDS },
];

for (const { file, settings, withinMs } of PARTS) {
  const path = new URL(file, import.meta.url).pathname;
  const part = spawn(process.execPath, [path, ...settings], { stdio: 'inherit' });
  const over = setTimeout(() => {
    console.log(`${file} ${settings.join(' ')}: not done within ${withinMs / SECONDS} s, so it says nothing`);
    part.kill('SIGTERM');
  }, withinMs);
  const [status] = (await once(part, 'exit')) as [number | null];
  clearTimeout(over);
  if (status !== 0) process.exitCode = 1;
}
