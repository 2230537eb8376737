import { createInterface } from 'node:readline/promises';
import { createClient } from '../contracts/client.ts';
import type { Terminal } from './command.ts';

/** The process's own terminal. */
export function openTerminal(env: NodeJS.ProcessEnv, json: boolean): Terminal {
  const serverUrl = (env.SIGNALBOX_URL ?? 'http://127.0.0.1:4600').replace(/\/+$/, '');
  const write = (text: string) => void process.stdout.write(text);
  const print = (line: string) => write(`${line}\n`);
  return {
    json,
    serverUrl,
    env,
    client: createClient({ baseUrl: serverUrl, token: env.SIGNALBOX_TOKEN }),
    print,
    write,
    note: (line) => void process.stderr.write(`${line}\n`),
    show: (value, lines) => {
      if (json) print(JSON.stringify(value, null, 2));
      else for (const line of lines()) print(line);
    },
    confirm: async (question) => {
      if (!process.stdin.isTTY) return null;
      const asking = createInterface({ input: process.stdin, output: process.stderr });
      const answer = await asking.question(`${question} [y/N] `).finally(() => asking.close());
      return /^y(es)?$/i.test(answer.trim());
    },
  };
}
