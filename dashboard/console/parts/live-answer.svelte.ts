import { ProblemError } from '../../../server/contracts/client.ts';
import type { Client } from '../../../server/contracts/client.ts';
import type { ProblemDocument } from '../../../server/contracts/errors.ts';
import type { AskedPlan } from './plan-form.ts';
import type { InstallPreview } from './preview-summary.ts';

export interface PreviewQuestion {
  releaseId: number;
  hostIds: number[];
  plan: AskedPlan;
}

/** Milliseconds without a change of the choice before the server is asked. */
const restMs = 200;

/** What the install would do, asked of the server anew whenever the choice has come to rest. */
export class LivePreview {
  preview: InstallPreview | null = $state.raw(null);
  problem: ProblemDocument | null = $state.raw(null);
  /** The answer shown is for an older choice. */
  stale = $state(false);
  readonly #call: Client['call'];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;

  constructor(call: Client['call']) {
    this.#call = call;
  }

  ask(question: PreviewQuestion): void {
    this.stop();
    if (question.hostIds.length === 0) {
      this.preview = null;
      this.problem = null;
      this.stale = false;
      return;
    }
    this.stale = true;
    this.#timer = setTimeout(() => void this.#load(question), restMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  async #load(question: PreviewQuestion): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      const preview = await this.#call('installs.preview', question, { signal: running.signal });
      if (running.signal.aborted) return;
      this.preview = preview;
      this.problem = null;
    } catch (error) {
      if (running.signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      this.preview = null;
      this.problem = error.problem;
    }
    this.stale = false;
  }
}
