/**
 * Runs local-slack where nothing but this machine's files can reach it: `unshare -n node in-namespace.ts <binary>
 * <config> <port> <socket>`. It listens on all interfaces, so it gets a network namespace of its own; a unix socket leads
 * out of it. Ends with its standard input.
 */
import { spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { until } from './until.ts';

const [binary = '', config = '', port = '', socket = ''] = process.argv.slice(2);
spawnSync('ip', ['link', 'set', 'lo', 'up']);
const child = spawn(binary, ['--config', config, '--port', port, '--base-host', '127.0.0.1'], { stdio: 'ignore' });
const inside = () => connect(Number(port), '127.0.0.1');
await until('local-slack to listen', () => {
  const line = inside();
  return new Promise<boolean>((resolve) => {
    line.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => line.destroy());
});
createServer((outer) => {
  const inner = inside();
  outer.pipe(inner).pipe(outer);
  for (const [one, other] of [
    [outer, inner],
    [inner, outer],
  ] as const) {
    one.on('error', () => other.destroy()).on('close', () => other.destroy());
  }
}).listen(socket, () => console.log('ready'));
process.stdin.resume().once('end', () => {
  child.kill();
  process.exit(0);
});
