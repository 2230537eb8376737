import { SlackProblem } from '../problem.ts';
import { secret, type Json, type Workspace } from '../workspace.ts';

export function authTest(workspace: Workspace): Json {
  return {
    url: `https://${workspace.domain}.slack.com/`,
    team: workspace.domain,
    user: workspace.users.get(workspace.botUser)?.name,
    team_id: workspace.team,
    user_id: workspace.botUser,
    bot_id: workspace.botId,
    is_enterprise_install: false,
  };
}

/** Whether Socket Mode is there depends on who runs the stand-in: it has to listen at `/link`. */
export function openConnection(workspace: Workspace, socketMode: boolean): Json {
  if (!socketMode) throw new SlackProblem('forbidden_team');
  return { url: `${workspace.origin.replace('http', 'ws')}/link/?ticket=${secret(16)}&app_id=${workspace.appId}` };
}
