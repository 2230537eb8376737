import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { openDownload } from '../../contracts/client.ts';
import { command } from '../command.ts';
import { idNamed } from '../named.ts';

export const evidence = command(
  {
    summary: 'Save everything about a job as one archive',
    args: ['job'],
    options: { out: { value: 'file', short: 'o', text: 'where to, default signalbox-job-<job>.tar.gz' } },
  },
  async (terminal, args, given) => {
    const id = idNamed(args.job, 'the job');
    const file = given.out ?? `signalbox-job-${id}.tar.gz`;
    const where = { baseUrl: terminal.serverUrl, token: terminal.env.SIGNALBOX_TOKEN };
    const body = await openDownload(where, `/api/v1/jobs/${id}/evidence.tar.gz`);
    try {
      await pipeline(body, createWriteStream(file));
    } catch (error) {
      // Half an archive must not be taken for the evidence.
      await rm(file, { force: true });
      throw error;
    }
    terminal.show({ job: id, file }, () => [`saved ${file}`]);
    return 'ok';
  },
);
