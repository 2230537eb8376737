/**
 * From when on what was in force on a node is kept, epoch ms: for as long as the setting says, and for as long as a stage
 * still evaluates the release that the node has reported since `soaksSince` (null: none does). What ended before, or then,
 * may be forgotten. Rule: section 5 (a soak is all of its span).
 */
export function healthKeptFrom(now: number, keptMs: number, soaksSince: number | null): number {
  return Math.min(now - keptMs, soaksSince ?? Infinity);
}
