import type { Api, EndpointName } from '../contracts/api.ts';
import type { OutputOf, ParsedInputOf } from '../contracts/endpoint.ts';
import { listActivities } from '../services/activity/list.ts';
import { breakGlass } from '../services/approval/break-glass.ts';
import { decideApproval } from '../services/approval/decide.ts';
import { listApprovals } from '../services/approval/list.ts';
import { showApproval } from '../services/approval/show.ts';
import { listApprovalRules } from '../services/approval-rule/list.ts';
import { removeApprovalRule } from '../services/approval-rule/remove.ts';
import { saveApprovalRule } from '../services/approval-rule/save.ts';
import { showAdoption } from '../services/channel/adoption.ts';
import { listChannels, showHistory } from '../services/channel/history.ts';
import { checkNow } from '../services/client/check.ts';
import { noteDeploy } from '../services/client/deploy.ts';
import { listClients } from '../services/client/list.ts';
import { showClient } from '../services/client/show.ts';
import { issueClientToken, revokeClientToken } from '../services/client/token.ts';
import { listAutomatic } from '../services/automatic/list.ts';
import { changeDisplay, listDisplays, revokeDisplay } from '../services/display/displays.ts';
import { pairDisplay } from '../services/display/pair.ts';
import { listEnvironments } from '../services/environment/list.ts';
import { listEvaluations } from '../services/evaluation/list.ts';
import { reopenEvaluation } from '../services/evaluation/reopen.ts';
import { showEvaluation } from '../services/evaluation/show.ts';
import { requestCheck } from '../services/feed/request-check.ts';
import { applyFleet } from '../services/fleet/apply.ts';
import { planFleet } from '../services/fleet/plan.ts';
import { reportHealth } from '../services/health/report.ts';
import { createHold } from '../services/hold/create.ts';
import { listHolds } from '../services/hold/list.ts';
import { releaseHold } from '../services/hold/release.ts';
import { listHosts } from '../services/host/list.ts';
import { showHost } from '../services/host/show.ts';
import { acknowledgeIncident } from '../services/incident/acknowledge.ts';
import { escalateToOthers } from '../services/incident/escalate.ts';
import { listIncidents } from '../services/incident/list.ts';
import { resolveIncident } from '../services/incident/resolve.ts';
import { showIncident } from '../services/incident/show.ts';
import { startPath } from '../services/install/path.ts';
import { bySelection, previewSelection } from '../services/install/by-selection.ts';
import { startInstall } from '../services/install/start.ts';
import { cancelJob } from '../services/job/cancel.ts';
import { continueJob } from '../services/job/continue.ts';
import { listTasks } from '../services/job/list-tasks.ts';
import { listJobs } from '../services/job/list.ts';
import { pauseJob } from '../services/job/pause.ts';
import { resumeJob } from '../services/job/resume.ts';
import { retryJob } from '../services/job/retry.ts';
import { showJob } from '../services/job/show.ts';
import { showMatrix } from '../services/matrix/show.ts';
import { disablePerson, enablePerson, resetTotp, setGrants } from '../services/people/change-person.ts';
import { invite } from '../services/people/invite.ts';
import { listPeople } from '../services/people/list.ts';
import { createToken, listTokens, revokeToken } from '../services/people/tokens.ts';
import { releasePipeline } from '../services/pipeline/of-release.ts';
import { pausePipeline, resumePipeline } from '../services/pipeline/pause.ts';
import { previewFilters } from '../services/pipeline/preview.ts';
import { savePipeline } from '../services/pipeline/save.ts';
import { showPipeline } from '../services/pipeline/show.ts';
import { listProducts } from '../services/product/list.ts';
import { previewArchive } from '../services/release/archive-impact.ts';
import { archiveRelease, unarchiveRelease } from '../services/release/archive.ts';
import { rollOffRecall } from '../services/recall/accept.ts';
import { listRecalls } from '../services/recall/list.ts';
import { openRecall } from '../services/recall/open.ts';
import { previewRecall } from '../services/recall/preview.ts';
import { revertRecall } from '../services/recall/revert.ts';
import { showRecall } from '../services/recall/show.ts';
import { demoteRelease } from '../services/release/demote.ts';
import { previewDemotion } from '../services/release/demotion-impact.ts';
import { editRelease } from '../services/release/edit.ts';
import { listReleases } from '../services/release/list.ts';
import { promoteRelease } from '../services/release/promote.ts';
import { requestDownload } from '../services/release/request-download.ts';
import { previewRequired } from '../services/release/required-impact.ts';
import { setRequired } from '../services/release/set-required.ts';
import { showRelease } from '../services/release/show.ts';
import { undemoteRelease } from '../services/release/undemote.ts';
import { previewRollback } from '../services/rollback/preview.ts';
import { startRollback } from '../services/rollback/start.ts';
import { showSlackStatus } from '../services/slack/status.ts';
import { readTaskLog } from '../services/task/read-log.ts';
import { showTask } from '../services/task/show.ts';
import type { Verb } from '../services/verb.ts';
import { accountSteps } from './account-steps.ts';
import { displaySteps } from './display-steps.ts';
import { sessionSteps } from './session-steps.ts';
import { slackSteps } from './slack-steps.ts';
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
  'account.show': accountSteps.show,
  'account.setPassword': accountSteps.setPassword,
  'account.enrolTotp': accountSteps.enrolTotp,
  'account.confirmTotp': accountSteps.confirmTotp,
  'account.disableTotp': accountSteps.disableTotp,
  'account.sessions': accountSteps.listSessions,
  'account.endSession': accountSteps.endSession,
  'account.endOtherSessions': accountSteps.endOtherSessions,
  'people.list': listPeople,
  'people.invite': invite,
  'people.setGrants': setGrants,
  'people.disable': disablePerson,
  'people.enable': enablePerson,
  'people.resetTotp': resetTotp,
  'tokens.list': listTokens,
  'tokens.create': createToken,
  'tokens.revoke': revokeToken,
  'products.list': listProducts,
  'products.check': requestCheck,
  'releases.list': listReleases,
  'releases.show': showRelease,
  'releases.download': requestDownload,
  'releases.demotionImpact': previewDemotion,
  'releases.demote': demoteRelease,
  'releases.undemote': undemoteRelease,
  'channels.list': listChannels,
  'channels.history': showHistory,
  'channels.adoption': showAdoption,
  'releases.edit': editRelease,
  'releases.archiveImpact': previewArchive,
  'releases.archive': archiveRelease,
  'releases.unarchive': unarchiveRelease,
  'releases.requiredImpact': previewRequired,
  'releases.setRequired': setRequired,
  'clients.list': listClients,
  'clients.show': showClient,
  'clients.check': checkNow,
  'clients.deploy': noteDeploy,
  'clients.issueToken': issueClientToken,
  'clients.revokeToken': revokeClientToken,
  'matrix.show': showMatrix,
  'automaticInstalls.list': listAutomatic,
  'releases.pipeline': releasePipeline,
  'releases.promote': promoteRelease,
  'health.report': reportHealth,
  'pipelines.show': showPipeline,
  'pipelines.save': savePipeline,
  'pipelines.preview': previewFilters,
  'pipelines.pause': pausePipeline,
  'pipelines.resume': resumePipeline,
  'evaluations.list': listEvaluations,
  'evaluations.show': showEvaluation,
  'evaluations.reopen': reopenEvaluation,
  'recalls.list': listRecalls,
  'recalls.show': showRecall,
  'recalls.preview': previewRecall,
  'recalls.open': openRecall,
  'recalls.rollOff': rollOffRecall,
  'recalls.revert': revertRecall,
  'rollbacks.preview': previewRollback,
  'rollbacks.start': startRollback,
  'incidents.list': listIncidents,
  'incidents.show': showIncident,
  'incidents.acknowledge': acknowledgeIncident,
  'incidents.escalate': escalateToOthers,
  'incidents.resolve': resolveIncident,
  'environments.list': listEnvironments,
  'hosts.list': listHosts,
  'hosts.show': showHost,
  'installs.preview': previewSelection,
  'installs.start': bySelection(startInstall),
  'installs.startPath': bySelection(startPath),
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
  'approvals.list': listApprovals,
  'approvals.show': showApproval,
  'approvals.decide': decideApproval,
  'approvals.breakGlass': breakGlass,
  'approvalRules.list': listApprovalRules,
  'approvalRules.save': saveApprovalRule,
  'approvalRules.remove': removeApprovalRule,
  'holds.list': listHolds,
  'holds.create': createHold,
  'holds.release': releaseHold,
  'activities.list': listActivities,
  'fleet.plan': planFleet,
  'fleet.apply': applyFleet,
  'displays.list': listDisplays,
  'displays.pair': pairDisplay,
  'displays.change': changeDisplay,
  'displays.revoke': revokeDisplay,
  'displays.askCode': displaySteps.askCode,
  'displays.claim': displaySteps.claim,
  'displays.own': displaySteps.own,
  'slack.status': showSlackStatus,
  'slack.accounts': slackSteps.accounts,
  'slack.linkShow': slackSteps.linkShow,
  'slack.link': slackSteps.link,
  'slack.unlink': slackSteps.unlink,
} satisfies HandlerTable;
