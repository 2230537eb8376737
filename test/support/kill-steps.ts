/** Kills the detached life of an attempt: all of it, as a reboot does, or only the runner's own process. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptPlan } from '../../server/hosts/contract.ts';

function stepsPid({ root, product, attempt }: AttemptPlan): number {
  return Number(readFileSync(join(root, product, 'journal', attempt, 'pid'), 'utf8'));
}

/** False: it had ended by itself. */
export function killRunner(plan: AttemptPlan): boolean {
  return sent(stepsPid(plan), 'SIGKILL');
}

/** Every process of the session that setsid made: the runner, who waits for the hook, and the hook. None sees another die. */
export function killAllSteps(plan: AttemptPlan): number {
  const session = stepsPid(plan);
  const members = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && sessionOf(entry) === session);
  const stopped = members.filter((pid) => sent(Number(pid), 'SIGSTOP'));
  return stopped.filter((pid) => sent(Number(pid), 'SIGKILL')).length;
}

/** False: it has ended by itself since it was listed. */
function sent(pid: number, signal: 'SIGSTOP' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function sessionOf(pid: string): number {
  const path = `/proc/${pid}/stat`;
  try {
    const stat = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    return -1; // it ended between two looks
  }
}
