/** Turns bytes of the journal into reports, each with the offset behind it. */
import { runnerReport } from './protocol.ts';
import type { RunnerReport } from './protocol.ts';

export interface PlacedReport {
  /** Null for a line that a power cut has torn: it is passed over, its bytes still count. */
  readonly report: RunnerReport | null;
  readonly next: number;
}

export interface ReportLines {
  take(bytes: Uint8Array): PlacedReport[];
}

/** `offset` is where the first bytes to come stand in the journal. */
export function createReportLines(offset: number): ReportLines {
  let rest: Buffer = Buffer.alloc(0);
  let at = offset;
  return {
    take(bytes) {
      rest = Buffer.concat([rest, bytes]);
      const placed: PlacedReport[] = [];
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const line = rest.toString('utf8', 0, end);
        rest = rest.subarray(end + 1);
        at += end + 1;
        placed.push({ report: parse(line), next: at });
      }
      return placed;
    },
  };
}

function parse(line: string): RunnerReport | null {
  try {
    return runnerReport.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
