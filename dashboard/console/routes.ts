import { createRouter } from 'sv-router';
import AccountPage from './account/AccountPage.svelte';
import LinkSlackPage from './account/LinkSlackPage.svelte';
import ActivityPage from './activity/ActivityPage.svelte';
import ApprovalsPage from './approvals/ApprovalsPage.svelte';
import ChannelsPage from './channels/ChannelsPage.svelte';
import EnvironmentPage from './clients/EnvironmentPage.svelte';
import PortalPage from './clients/PortalPage.svelte';
import DisplaysPage from './displays/DisplaysPage.svelte';
import LogPage from './audit/LogPage.svelte';
import HoldsPage from './holds/HoldsPage.svelte';
import HostsPage from './hosts/HostsPage.svelte';
import IncidentsPage from './incidents/IncidentsPage.svelte';
import JobPage from './jobs/JobPage.svelte';
import MatrixPage from './matrix/MatrixPage.svelte';
import PipelinePage from './pipeline/PipelinePage.svelte';
import PipelineEditPage from './pipeline/PipelineEditPage.svelte';
import ReleasePage from './pipeline/ReleasePage.svelte';
import RecallsPage from './recalls/RecallsPage.svelte';
import PeoplePage from './people/PeoplePage.svelte';
import ReleasesPage from './releases/ReleasesPage.svelte';
import NotFoundPage from './shell/NotFoundPage.svelte';
import Shell from './shell/Shell.svelte';

/** Every address of the console. Pages get it through the console's context, so that nothing imports in a circle. */
export function consoleRouter() {
  return createRouter({
    layout: Shell,
    '/': ReleasesPage,
    '/releases': ReleasesPage,
    '/channels': ChannelsPage,
    '/channels/:id': ChannelsPage,
    '/environments': MatrixPage,
    '/environments/:id': EnvironmentPage,
    '/clients/:id': PortalPage,
    '/releases/:id': ReleasePage,
    '/pipelines': PipelinePage,
    '/pipelines/:id': PipelinePage,
    '/pipelines/:id/edit': PipelineEditPage,
    '/activity': ActivityPage,
    '/jobs/:id': JobPage,
    '/approvals': ApprovalsPage,
    '/approvals/:id': ApprovalsPage,
    '/recalls': RecallsPage,
    '/recalls/:id': RecallsPage,
    '/incidents': IncidentsPage,
    '/incidents/:id': IncidentsPage,
    '/holds': HoldsPage,
    '/hosts': HostsPage,
    '/hosts/:id': HostsPage,
    '/log': LogPage,
    '/displays': DisplaysPage,
    '/people': PeoplePage,
    '/account': AccountPage,
    '/link-slack': LinkSlackPage,
    // Only a demo has anything to show there.
    '/demo/slack': () => import('./demo-slack/DemoSlackPage.svelte'),
    '*': NotFoundPage,
  });
}

export type ConsoleRouter = ReturnType<typeof consoleRouter>;
