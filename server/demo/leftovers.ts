import { readdir, readFile } from 'node:fs/promises';

/**
 * Ends what hosts of the demo still had at work: steps run detached from every connection, as on a real host, so nobody
 * else would. Finds them by the folder in their environment or command line.
 */
export async function endProcessesOf(folder: string): Promise<void> {
  const pids = (await readdir('/proc').catch(() => [])).filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  for (const pid of pids) if (await belongsTo(pid, folder)) kill(Number(pid));
}

async function belongsTo(pid: string, folder: string): Promise<boolean> {
  for (const file of ['cmdline', 'environ']) {
    const content = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    if (content.includes(folder)) return true;
  }
  return false;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
