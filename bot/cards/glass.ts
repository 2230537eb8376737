import type { JobView } from '../../server/domain/views.ts';
import { counted, instantText } from '../../server/domain/wording.ts';
import type { Message } from '../message.ts';
import { actions, consoleButton, lines, link, message, when } from './blocks.ts';
import { inline } from './escape.ts';
import { jobTitle, placesText, quoted } from './words.ts';

/** Who passed what stops the job; null: nobody. It stands wherever the plan is. Rule: section 11 (Break-glass). */
export function glassLine({ brokenGlass }: Pick<JobView, 'brokenGlass'>): string | null {
  if (!brokenGlass) return null;
  const { by, reason, at } = brokenGlass;
  return `△ *Break-glass* by ${inline(by, 60)}, ${when(at)}: ${inline(reason, 300)}`;
}

export interface GlassFacts {
  readonly job: JobView;
  readonly product: string;
  readonly environments: readonly string[];
  readonly hosts: number;
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** First characters of the plan's hash. */
  readonly planHash: string;
  readonly url: string;
}

/** Told in the escalation channel as soon as somebody breaks the glass: who, why, which plan, where. Rule: section 11 (Break-glass). */
export function glassNotice({ job, product, environments, hosts, by, reason, at, planHash, url }: GlassFacts): Message {
  const title = jobTitle(job, product);
  const who = inline(by, 60);
  return message(`Break-glass: ${who} lets the ${title} pass (job ${job.id}, ${instantText(at)}).`, [
    lines(
      `*△ Break-glass: ${who} lets a plan pass what stops it*`,
      `${title} on ${counted(hosts, 'host')} in ${placesText(environments)}, ${link(url, `job ${job.id}`)}, plan \`${inline(planHash, 20)}\``,
      quoted(reason),
    ),
    lines(
      `It passes holds, approvals, windows and required releases, for this plan, once, from ${when(at)} for one hour. Recalls, digests and signatures still stop it.`,
    ),
    actions(consoleButton('glass', url)),
  ]);
}
