/**
 * `npm run screenshots -- [folder] [demo] [3] [12] [300] [10000]`: pictures of every page of the console and of the wall in every
 * situation, at 1920×1080 and 3840×2160, from real servers. All go to the folder (default: below the system's temporary
 * one); those that the documentation shows go to docs/screenshots as well.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from '../support/browser.ts';
import { openCamera } from './camera.ts';
import { pictureDemo } from './demo.ts';
import { pictureSituations } from './situations.ts';
import { pictureTenThousand } from './ten-thousand.ts';

/** Name of the picture, and its name in docs/screenshots. */
const chosen = {
  'wall-demo-rollout': 'wall-rollout',
  'wall-demo-failure': 'wall-failure',
  'wall-demo-feed-lost': 'wall-feed-lost',
  'wall-12-idle': 'wall-idle',
  'wall-12-incident': 'wall-incident',
  'wall-12-approval': 'wall-approval',
  'wall-12-hold': 'wall-hold',
  'wall-10000': 'wall-10000',
  'wall-demo-canary': 'wall-canary',
  'wall-demo-recall': 'wall-recall',
  'console-canary': 'console-canary',
  'console-canary-pipeline': 'console-pipeline',
  'console-pipeline-edit': 'console-pipeline-form',
  'console-releases': 'console-releases',
  'console-activity': 'console-activity',
  'console-incident': 'console-incident',
  'console-install': 'console-install',
  'console-job': 'console-job',
  'slack-install': 'slack-install',
  'slack-approval': 'slack-approval',
  'slack-job': 'slack-job',
  'slack-incident': 'slack-incident',
  'slack-recovered': 'slack-recovered',
};

const [folder = join(tmpdir(), 'signalbox-screenshots'), ...asked] = process.argv.slice(2);
const parts = asked.length > 0 ? asked : ['demo', '3', '12', '300', '10000'];
const browser = await launchBrowser();
const camera = await openCamera(folder, join(import.meta.dirname, '../../docs/screenshots'), chosen);
try {
  for (const part of parts) {
    if (part === 'demo') await pictureDemo(browser, camera);
    else if (part === '10000') await pictureTenThousand(browser, camera);
    else await pictureSituations(browser, camera, Number(part));
  }
  console.log(`pictures are in ${folder}`);
} finally {
  await browser.close();
}
