import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Answer, Question } from './conformance-worker.ts';

const WORKER = join(import.meta.dirname, 'conformance-worker.ts');
/** Each question leaves its modules in the worker's memory; after so many it is replaced. */
const QUESTIONS_PER_WORKER = 60;
/** A broken loop may never end. All cases together take a fifth of a second. */
const PATIENCE_MS = 10_000;

/** Asks the conformance cases one question at a time. The worker is started anew when it is worn out or hangs. */
export function conformanceLane() {
  let worker: ChildProcess | null = null;
  let asked = 0;
  const stop = () => {
    worker?.kill('SIGKILL');
    worker = null;
  };
  const ask = (question: Question): Promise<string | null> => {
    if (asked % QUESTIONS_PER_WORKER === 0) stop();
    asked += 1;
    const child = (worker ??= fork(WORKER, { execArgv: ['--disable-warning=ExperimentalWarning'] }));
    return new Promise((resolve) => {
      const settle = (noticedBy: string | null) => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(noticedBy);
      };
      const giveUp = (noticedBy: string) => {
        stop();
        settle(noticedBy);
      };
      const timer = setTimeout(() => giveUp('it does not end'), PATIENCE_MS);
      child.once('exit', () => giveUp('the process ended'));
      child.once('message', (answer: Answer) => settle(answer.noticedBy));
      child.send(question);
    });
  };
  return { ask, stop };
}
