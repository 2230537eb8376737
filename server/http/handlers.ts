import type { Api, EndpointName } from '../contracts/api.ts';
import type { OutputOf, ParsedInputOf } from '../contracts/endpoint.ts';
import { listActivities } from '../services/activity/list.ts';
import { listEnvironments } from '../services/environment/list.ts';
import { requestCheck } from '../services/feed/request-check.ts';
import { applyFleet } from '../services/fleet/apply.ts';
import { planFleet } from '../services/fleet/plan.ts';
import { createHold } from '../services/hold/create.ts';
import { listHolds } from '../services/hold/list.ts';
import { releaseHold } from '../services/hold/release.ts';
import { listHosts } from '../services/host/list.ts';
import { showHost } from '../services/host/show.ts';
import { previewInstall } from '../services/install/preview.ts';
import { startInstall } from '../services/install/start.ts';
import { cancelJob } from '../services/job/cancel.ts';
import { continueJob } from '../services/job/continue.ts';
import { listTasks } from '../services/job/list-tasks.ts';
import { listJobs } from '../services/job/list.ts';
import { pauseJob } from '../services/job/pause.ts';
import { resumeJob } from '../services/job/resume.ts';
import { retryJob } from '../services/job/retry.ts';
import { showJob } from '../services/job/show.ts';
import { invite, listPeople } from '../services/people/invite.ts';
import { createToken, listTokens, revokeToken } from '../services/people/tokens.ts';
import { listProducts } from '../services/product/list.ts';
import { listReleases } from '../services/release/list.ts';
import { requestDownload } from '../services/release/request-download.ts';
import { showRelease } from '../services/release/show.ts';
import { readTaskLog } from '../services/task/read-log.ts';
import { showTask } from '../services/task/show.ts';
import type { Verb } from '../services/verb.ts';
import { sessionSteps } from './session-steps.ts';
import type { SessionStep } from './visit.ts';

/** What answers an endpoint: a verb, guarded by its action, or a step of the caller's own session. */
export type Handler<I, O> = Verb<I, O> | SessionStep<I, O>;

/** An answer is written out and never changed, so the readonly arrays of the domain will do. */
type Shown<T> = T extends object ? { readonly [K in keyof T]: Shown<T[K]> } : T;

type HandlerTable = { [K in EndpointName]: Handler<ParsedInputOf<Api[K]>, Shown<OutputOf<Api[K]>>> };

/** Every endpoint has its handler, or this does not compile. */
export const handlers = {
  'session.show': sessionSteps.show,
  'session.signIn': sessionSteps.signIn,
  'session.useLink': sessionSteps.useLink,
  'session.setUp': sessionSteps.setUp,
  'session.signOut': sessionSteps.signOut,
  'people.list': listPeople,
  'people.invite': invite,
  'tokens.list': listTokens,
  'tokens.create': createToken,
  'tokens.revoke': revokeToken,
  'products.list': listProducts,
  'products.check': requestCheck,
  'releases.list': listReleases,
  'releases.show': showRelease,
  'releases.download': requestDownload,
  'environments.list': listEnvironments,
  'hosts.list': listHosts,
  'hosts.show': showHost,
  'installs.preview': previewInstall,
  'installs.start': startInstall,
  'jobs.list': listJobs,
  'jobs.show': showJob,
  'jobs.tasks': listTasks,
  'jobs.cancel': cancelJob,
  'jobs.pause': pauseJob,
  'jobs.resume': resumeJob,
  'jobs.continue': continueJob,
  'jobs.retry': retryJob,
  'tasks.show': showTask,
  'tasks.log': readTaskLog,
  'holds.list': listHolds,
  'holds.create': createHold,
  'holds.release': releaseHold,
  'activities.list': listActivities,
  'fleet.plan': planFleet,
  'fleet.apply': applyFleet,
} satisfies HandlerTable;
