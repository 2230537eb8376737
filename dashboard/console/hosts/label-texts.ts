import type { Labels } from '../../../server/domain/views.ts';

/** `rack=4`, one text per label. */
export function labelTexts(labels: Labels): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}
