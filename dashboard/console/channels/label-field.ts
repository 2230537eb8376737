import type { Labels } from '../../../server/domain/views.ts';

/** Labels as one line that a person types: `hotfix=true, ring=2`. */
export function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

/** What was typed; `problem`: the first part that is no label. */
export function labelsIn(text: string): { labels: Labels; problem: string | null } {
  const labels: Labels = {};
  const parts = text.split(',').map((part) => part.trim());
  for (const part of parts.filter((one) => one !== '')) {
    const at = part.indexOf('=');
    if (at < 1) return { labels, problem: `${part} is no label: write key=value.` };
    labels[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return { labels, problem: null };
}
