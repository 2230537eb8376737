import type { Command } from './command.ts';
import { apply } from './commands/apply.ts';
import { approval, approvals } from './commands/approvals.ts';
import { check, download, hosts, products, releases } from './commands/catalog.ts';
import { adoption, archive, edit, history, matrix, require, unarchive, unrequire } from './commands/channels.ts';
import { checkClient, client, clients, clientToken, deployed } from './commands/clients.ts';
import { demote, undemote } from './commands/demotions.ts';
import { displayChange, displayList, displayPair, displayRevoke } from './commands/displays.ts';
import { evidence } from './commands/evidence.ts';
import { healthReport } from './commands/health.ts';
import { hold, holds, releaseHold } from './commands/holds.ts';
import { ack, escalate, incident, incidents, resolve } from './commands/incidents.ts';
import { install } from './commands/install.ts';
import { cancel, continueJob, job, jobs, pause, resume, retry } from './commands/jobs.ts';
import { logs } from './commands/logs.ts';
import { peopleDisable, peopleEnable, peopleGrant, peopleList } from './commands/people.ts';
import { recallList, recallOpen, recallRevert, recallRollOff, recallShow } from './commands/recalls.ts';
import {
  automatic,
  evaluation,
  evaluations,
  pausePipeline,
  pipeline,
  promote,
  reopen,
  resumePipeline,
} from './commands/pipelines.ts';
import { rollback } from './commands/rollback.ts';
import { demo, loginLink, openapi, serve } from './commands/server.ts';
import { slackDoctor, slackManifest } from './commands/slack.ts';
import { tokenCreate, tokenList, tokenRevoke } from './commands/tokens.ts';

/** Every command, in the order in which help lists them. A name of two words is a group and its verb. */
export const commands: Readonly<Record<string, Command>> = {
  serve,
  demo,
  apply,
  products,
  releases,
  check,
  download,
  install,
  hosts,
  jobs,
  job,
  logs,
  cancel,
  pause,
  resume,
  continue: continueJob,
  retry,
  rollback,
  promote,
  demote,
  undemote,
  archive,
  unarchive,
  require,
  unrequire,
  edit,
  history,
  adoption,
  matrix,
  clients,
  client,
  'client check': checkClient,
  'client deployed': deployed,
  'client token': clientToken,
  'recall open': recallOpen,
  'recall list': recallList,
  'recall show': recallShow,
  'recall roll-off': recallRollOff,
  'recall revert': recallRevert,
  pipeline,
  'pipeline pause': pausePipeline,
  'pipeline resume': resumePipeline,
  evaluations,
  evaluation,
  reopen,
  automatic,
  incidents,
  incident,
  ack,
  escalate,
  resolve,
  evidence,
  approvals,
  approval,
  hold,
  'release-hold': releaseHold,
  holds,
  'health report': healthReport,
  'display pair': displayPair,
  'display list': displayList,
  'display change': displayChange,
  'display revoke': displayRevoke,
  'token create': tokenCreate,
  'token list': tokenList,
  'token revoke': tokenRevoke,
  'people list': peopleList,
  'people grant': peopleGrant,
  'people disable': peopleDisable,
  'people enable': peopleEnable,
  'slack manifest': slackManifest,
  'slack doctor': slackDoctor,
  'login-link': loginLink,
  openapi,
};
