#!/usr/bin/env node
import { run } from './run.ts';
import { openTerminal } from './terminal.ts';

// `signalbox jobs | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), (json) => openTerminal(process.env, json));
