import type { InstallPreview } from './preview-summary.ts';

type PreviewHost = InstallPreview['hosts'][number];

/** Hosts whose environment has no maintenance window open: they would wait, unless the windows are passed. Rule: section 8. */
export interface ClosedWindow {
  readonly sentence: string;
  readonly hosts: readonly PreviewHost[];
}

export const OVERRIDE_REASON_MISSING = 'State why the closed maintenance window is passed.';

/** One entry per sentence, as each environment has its own; what runs there already waits for nothing. What is refused now may go by a path, or by break-glass, and then it waits. */
export function closedWindows(hosts: readonly PreviewHost[]): ClosedWindow[] {
  const closed = hosts.filter(({ outcome, windowClosed }) => outcome !== 'skip' && windowClosed !== null);
  return [...Map.groupBy(closed, ({ windowClosed }) => windowClosed?.sentence ?? '')].map(([sentence, those]) => ({
    sentence,
    hosts: those,
  }));
}
