/**
 * The eight states that every mark on wall and console shows. Shape is mandatory: no five colours stay apart for
 * every eye. `paint` names the custom property of theme.css.
 */
export const marks = {
  ok: { word: 'live', paint: '--ok' },
  running: { word: 'running', paint: '--running' },
  waiting: { word: 'waiting', paint: '--text-faint' },
  degraded: { word: 'degraded', paint: '--warn' },
  failed: { word: 'failed', paint: '--fail' },
  unknown: { word: 'unknown', paint: '--unknown' },
  held: { word: 'held', paint: '--warn' },
  recalled: { word: 'recalled', paint: '--fail' },
} as const satisfies Record<string, { word: string; paint: `--${string}` }>;

export type Mark = keyof typeof marks;
